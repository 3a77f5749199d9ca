package message_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"kazashi/cmd/internal/message"
	"kazashi/session/fault"
	"kazashi/transport/api"
	"kazashi/transport/server"
)

var update = flag.Bool("update", false, "write the table of codes anew")

const tablePath = "../../../transport/api/CODES.md"

// hundreds say where to look, as package fault does.
var hundreds = map[byte]string{
	'0': "Nothing", '1': "Reader and card", '2': "Engagement and transfer", '3': "Session and answer",
	'4': "Issuer and device checks, in their order", '5': "Trust", '6': "Presentations and the socket",
	'7': "Configuration, profiles and keys", '8': "The machine", '9': "The terminal itself",
}

// table is the documentation of all codes.
func table() string {
	var b strings.Builder
	b.WriteString(`# Codes

Everything that can go wrong has one code, the same in API, log, health and command line. Codes are never
reused. **HTTP** is the status of a request that is refused with the code; most codes are told in a
presentation (` + "`code`, `last_tap`, `warnings`" + `) or in health instead. **Retry** is what helps:
` + "`never`, `tap-again`, `later`, `call-technician`" + `.

This file is generated from the catalogue in cmd/internal/message: ` + "`go generate ./cmd/internal/message`" + `.
`)
	group := byte(0)
	for _, e := range message.All() {
		if g := e.Code[len("KZ-")]; g != group {
			group = g
			fmt.Fprintf(&b, "\n## %s\n| code | name | HTTP | retry | cause | 原因 |\n|---|---|---|---|---|---|\n", hundreds[g])
		}
		status := ""
		if n, told := server.StatusOf(e.Code); told {
			status = fmt.Sprint(n)
		}
		cell := strings.NewReplacer("|", `\|`, "\n", " ").Replace
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", e.Code, e.Code.Slug(), status, e.Retry, cell(e.Cause.En), cell(e.Cause.Ja))
	}
	return b.String()
}

func TestTableOfCodesIsTheCatalogue(t *testing.T) {
	if *update {
		if err := os.WriteFile(tablePath, []byte(table()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	written, err := os.ReadFile(tablePath)
	if err != nil {
		t.Fatal(err)
	}
	if string(written) != table() {
		t.Error("transport/api/CODES.md is not what the catalogue says: run go generate ./cmd/internal/message")
	}
}

// The contract lists by status every code with which a request can be refused, and
// the server refuses with no other.
func TestContractListsTheRefusals(t *testing.T) {
	var contract struct {
		Components struct {
			Responses map[string]struct {
				Codes map[string][]fault.Code `yaml:"x-codes"`
			}
		}
	}
	if err := yaml.Unmarshal(api.OpenAPI, &contract); err != nil {
		t.Fatal(err)
	}
	want := map[string][]fault.Code{}
	for _, code := range fault.All() {
		if status, told := server.StatusOf(code); told {
			s := strconv.Itoa(status)
			want[s] = append(want[s], code)
		}
	}
	listed := contract.Components.Responses["Problem"].Codes
	for _, status := range slices.Sorted(maps.Keys(want)) {
		slices.Sort(want[status])
		if !slices.Equal(want[status], listed[status]) {
			t.Errorf("%s: the contract lists %v, the server refuses with %v", status, listed[status], want[status])
		}
		delete(listed, status)
	}
	if len(listed) > 0 {
		t.Errorf("only the contract knows %v", listed)
	}
}
