#!/bin/sh
# One certificate: arm, wait for the tap, claim, print, ack. Needs curl and jq.
#   print.sh SOCKET PROFILE [TRANSACTION [JOBS]]
# Standard output stands for the paper, standard error for the customer's display.
# Started again with the same TRANSACTION and the same directory JOBS it goes on where it stopped.
set -u
[ $# -ge 2 ] || { echo "usage: $0 SOCKET PROFILE [TRANSACTION [JOBS]]" >&2; exit 64; }
socket=$1 profile=$2 transaction=${3:-job-$(date +%s)-$$} jobs=${4:-jobs}
mkdir -p "$jobs" || exit 1

field() { printf %s "$answer" | jq -r "$1 // empty"; }
show() { printf '%s\n' "$*" >&2; }

# call METHOD PATH [BODY [KEY]] leaves the body in $answer and fails on a refusal. Every request of this
# interface may be repeated: a broken connection and `retry: later` are followed by the same one again.
call() {
    set -- "$1" "$2" "${3-}" "${4-}" 5
    while :; do
        if answer=$(curl -s --unix-socket "$socket" --max-time 40 -w '\n%{http_code}' -X "$1" "http://kazashi$2" \
            ${3:+-H 'Content-Type: application/json' --data-binary "$3"} ${4:+-H "Idempotency-Key: $4"}); then
            status=${answer##*
}
            answer=${answer%
*}
            [ "$status" -ge 400 ] || return 0
            [ "$(field .retry)" = later ] || return 1
        else
            answer='{"code":"none","retry":"call-technician","user_message":{"ja":"ただいまご利用いただけません。係員をお呼びください。"}}'
        fi
        [ "$5" -gt 1 ] || return 1
        set -- "$1" "$2" "$3" "$4" $(($5 - 1))
        sleep 1
    done
}

refused() {
    retry=$(field .retry)
    show "$(field .user_message.ja)  [$(field .code), retry: $retry]"
    return 1
}

# print_job ID stands for the printer.
print_job() {
    printf %s "$answer" | jq -r --arg id "$1" '.documents[].elements[] | to_entries[] |
        "PRINT \($id) \(.key): \(.value | if type == "object" then .media_type else . end)"' 2>/dev/null
}

# job ID prints a presentation's job at most once, whatever is repeated or restarted, and sets $outcome.
# A job that was begun and not finished is abandoned: nobody knows what is on the paper.
job() {
    outcome=abandoned
    if (set -C && : >"$jobs/$1.begun") 2>/dev/null; then
        print_job "$1" && : >"$jobs/$1.printed" && outcome=issued
    elif [ -e "$jobs/$1.printed" ]; then
        outcome=issued
    fi
}

attempt() {
    call POST /v1/presentations "$(jq -cn --arg p "$profile" --arg t "$transaction" '{profile: $p, transaction: $t}')" \
        "$transaction.$1" || { refused; return; }
    id=$(field .id) told=
    [ "$(field .state)" != armed ] || show "スマートフォンをかざしてください。"
    while state=$(field .state) && [ "$state" = armed ] || [ "$state" = reading ]; do
        tap=$(field .last_tap.at)
        [ "$tap" = "$told" ] || show "$(field .last_tap.user_message.ja)  [$(field .last_tap.code)]"
        told=$tap
        call GET "/v1/presentations/$id?wait=25s&seen=$(field .version)" || { refused; return; }
    done
    case $state in
    verified | claimed)
        call POST "/v1/presentations/$id/claim" "{\"claim_id\":\"$id\"}" || { refused; return; }
        job "$id"
        answer=
        call POST "/v1/presentations/$id/ack" "{\"claim_id\":\"$id\",\"outcome\":\"$outcome\"}" ||
            show "not acknowledged [$(field .code)]" # the paper is what it is: the outcome stands
        ;;
    acked) outcome=$(field .outcome) ;;
    *) refused; return ;;
    esac
    [ "$outcome" = issued ] && return
    retry=call-technician
    show "印刷できませんでした。係員をお呼びください。"
    return 1
}

for n in 1 2 3; do
    attempt $n && exit 0
    case $retry in
    tap-again) ;;
    later) sleep 5 ;;
    *) break ;;
    esac
done
exit 1
