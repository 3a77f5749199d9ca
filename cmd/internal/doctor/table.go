package doctor

import (
	"slices"
	"time"
)

// The deadlines of probes. On the longest way through the table, configuration,
// daemon and what waits for both, they add up to less than [Budget].
const (
	quick   = 300 * time.Millisecond // files, /proc, /sys
	answers = 600 * time.Millisecond // somebody has to answer
	// A daemon that has just started waits up to a second for the first word of its readers.
	starting = 1250 * time.Millisecond
)

// The ids of the checks; they are part of the JSON of `kazashi doctor`.
const (
	clockID    = "clock"
	configID   = "configuration"
	profilesID = "profiles"
	keyID      = "reader-key"
	daemonID   = "daemon"
	socketID   = "socket"
	serviceID  = "reader-service"
	accessID   = "reader-access"
	usbID      = "usb"
	driverID   = "driver"
	readerID   = "reader"
	holderID   = "holder"
	fieldID    = "field"
	apduID     = "apdu"
	anchorsID  = "anchors"
	listsID    = "lists"
	ledgerID   = "ledger"
	unitsID    = "units"
	reportID   = "daemon-report"
)

// Checks returns the table, in the order in which the checks depend on each other.
func Checks() []Check { return slices.Clone(table) }

// table holds the checks in the order in which they depend on each other.
var table = []Check{
	{ID: clockID, Name: both("時計", "clock"), Within: quick, Probe: probeClock, Judge: judgeClock},
	{ID: configID, Name: both("設定", "configuration"), Within: quick, Probe: probeConfig, Judge: judgeConfig},
	{
		ID: profilesID, Name: both("プロファイル", "profiles"), Needs: []string{configID},
		Reads: []string{configID}, Within: quick, Probe: probeProfiles, Judge: judgeProfiles,
	},
	{
		ID: keyID, Name: both("リーダー認証の鍵", "reader key"), Needs: []string{clockID, configID},
		Reads: []string{configID}, Within: answers, Probe: probeKey, Judge: judgeKey,
	},
	{
		ID: daemonID, Name: both("デーモン", "daemon"), Follows: []string{configID, profilesID, keyID},
		Reads: []string{configID}, Within: starting, Probe: probeDaemon, Judge: judgeDaemon,
	},
	{
		ID: socketID, Name: both("ソケット", "socket"), Needs: []string{daemonID},
		Reads: []string{configID}, Within: quick, Probe: probeSocket, Judge: judgeSocket,
	},
	{
		ID: serviceID, Name: both("pcscd", "pcscd"),
		Within: answers, Probe: probeService, Judge: judgeService,
	},
	{
		ID: accessID, Name: both("pcscd の許可", "pcscd's rules"), Needs: []string{serviceID},
		Within: quick, Probe: probeRules, Judge: judgeAccess,
	},
	{
		ID: usbID, Name: both("USB のリーダー", "reader on USB"),
		Within: quick, Probe: probeUSB, Judge: judgeUSB,
	},
	{
		ID: driverID, Name: both("ドライバー", "driver"), Needs: []string{serviceID, usbID},
		Within: quick, Probe: probeDriver, Judge: judgeDriver,
	},
	{
		ID: readerID, Name: both("リーダー", "reader"), Needs: []string{serviceID, accessID, usbID, driverID, configID},
		Reads: []string{configID, daemonID, serviceID}, Within: quick, Probe: probeDescriptions, Judge: judgeReader,
	},
	{
		ID: holderID, Name: both("占有", "held by others"), Needs: []string{readerID},
		Reads: []string{serviceID}, Within: quick, Probe: probeHolders, Judge: judgeHolder,
	},
	{ID: fieldID, Name: both("置かれた物", "on the reader"), Needs: []string{readerID}, Judge: judgeField},
	{ID: apduID, Name: both("APDU の大きさ", "APDU sizes"), Needs: []string{readerID}, Judge: judgeAPDU},
	{
		ID: anchorsID, Name: both("信頼する発行者", "trust anchors"), Needs: []string{clockID, configID, profilesID},
		Reads: []string{configID}, Within: quick, Probe: probeTrust, Judge: judgeAnchors,
	},
	{ID: listsID, Name: both("失効情報", "revocation lists"), Needs: []string{clockID, configID}, Judge: judgeLists},
	{
		ID: ledgerID, Name: both("台帳", "ledger"), Needs: []string{configID},
		Reads: []string{configID, daemonID, socketID, unitsID}, Within: quick, Probe: probeLedger, Judge: judgeLedger,
	},
	{ID: unitsID, Name: both("ユニット", "systemd units"), Within: answers, Probe: probeUnits, Judge: judgeUnits},
	{ID: reportID, Name: both("デーモンの報告", "daemon's report"), Needs: []string{socketID}, Judge: judgeReport},
}
