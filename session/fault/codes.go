package fault

// The codes.
const (
	// OK is what stands where nothing went wrong.
	OK Code = "KZ-000"

	// Reader and card.
	CardRemoved         Code = "KZ-101"
	CardUnresponsive    Code = "KZ-102"
	CardReset           Code = "KZ-103"
	TransmissionFailed  Code = "KZ-104"
	CardTimeout         Code = "KZ-105"
	ReaderBusy          Code = "KZ-106"
	ReaderNotFound      Code = "KZ-107"
	ReaderServiceDown   Code = "KZ-108"
	ReaderServiceDenied Code = "KZ-109"
	ReaderUnsupported   Code = "KZ-110"
	ReaderAmbiguous     Code = "KZ-111"
	MalformedAPDU       Code = "KZ-112"
	ReaderNameMismatch  Code = "KZ-120"
	ReaderNotListed     Code = "KZ-121"
	ReaderDriverMissing Code = "KZ-122"
	ReaderServiceHung   Code = "KZ-123"
	ReaderShortAPDU     Code = "KZ-124"
	FieldOccupied       Code = "KZ-125" // a warning: something lies on the reader while nothing is armed
	ReaderRuleMissing   Code = "KZ-126" // a warning: the daemon would be refused

	// Engagement and transfer.
	PhoneLocked            Code = "KZ-201"
	NotAPhone              Code = "KZ-202"
	MalformedTag           Code = "KZ-203"
	MalformedNDEF          Code = "KZ-204"
	MalformedHandover      Code = "KZ-205"
	MalformedEngagement    Code = "KZ-206"
	UnsupportedCipherSuite Code = "KZ-207"
	InvalidDeviceKey       Code = "KZ-208"
	NoCommonTransport      Code = "KZ-209"
	HandoverTimeout        Code = "KZ-210"
	HandoverRefused        Code = "KZ-211"
	UnexpectedStatus       Code = "KZ-212"
	TransferStalled        Code = "KZ-213"
	MessageTooLarge        Code = "KZ-214"
	MalformedTransfer      Code = "KZ-215"
	ConsentTimeout         Code = "KZ-216"
	Declined               Code = "KZ-217" // by status word, before any answer

	// Session and answer.
	SessionDecryption          Code = "KZ-301"
	MalformedSessionData       Code = "KZ-302"
	SessionEncryptionStatus    Code = "KZ-303"
	SessionDecodingStatus      Code = "KZ-304"
	SessionTerminated          Code = "KZ-305"
	CounterExhausted           Code = "KZ-306"
	MalformedResponse          Code = "KZ-307"
	UnsupportedResponseVersion Code = "KZ-308"
	ResponseStatus             Code = "KZ-309"
	DocumentMissing            Code = "KZ-310"
	DocumentUnexpected         Code = "KZ-311"
	Incomplete                 Code = "KZ-312"
	UnknownSessionStatus       Code = "KZ-313"
	UnaskedElements            Code = "KZ-314" // a warning: they are dropped
	ResponseTooLarge           Code = "KZ-315"
	AgeByOtherAttestation      Code = "KZ-316" // a warning: another age_over_NN than the one asked for settles it
	DocumentTwice              Code = "KZ-317"
	ElementMalformed           Code = "KZ-318"
	AgesContradict             Code = "KZ-319"

	// Issuer and device checks, in the order in which they are made.
	X5ChainMissing         Code = "KZ-401"
	X5ChainMalformed       Code = "KZ-402"
	MalformedIssuerAuth    Code = "KZ-403"
	AlgorithmNotAllowed    Code = "KZ-404"
	IssuerSignatureInvalid Code = "KZ-405"
	MalformedMSO           Code = "KZ-406"
	MSOVersion             Code = "KZ-407"
	DigestAlgorithm        Code = "KZ-408"
	DigestMismatch         Code = "KZ-421"
	DigestNotCovered       Code = "KZ-422"
	DuplicateElement       Code = "KZ-423"
	DuplicateDigestID      Code = "KZ-424"
	RandomTooShort         Code = "KZ-425"
	DocTypeMismatch        Code = "KZ-431"
	NotYetValid            Code = "KZ-432"
	Expired                Code = "KZ-433"
	SignedOutsideDS        Code = "KZ-434"
	ValidityMalformed      Code = "KZ-435"
	IssuingCountryMismatch Code = "KZ-436"
	OutlivesSigner         Code = "KZ-437" // a warning: validUntil lies past the document signer's notAfter
	UpdateOverdue          Code = "KZ-438" // a warning: expectedUpdate has passed
	DeviceKeyInvalid       Code = "KZ-441"
	KeyNotAuthorized       Code = "KZ-442"
	DeviceAuthMalformed    Code = "KZ-443"
	DeviceSignatureInvalid Code = "KZ-444"
	DeviceMACInvalid       Code = "KZ-445"
	DeviceMACImpossible    Code = "KZ-446" // device key and reader key lie on different curves
	DeviceMACUncheckable   Code = "KZ-447" // no reader key was given
	DeviceMACNoEvidence    Code = "KZ-448"
	SignedInFuture         Code = "KZ-449"
	DocumentRevoked        Code = "KZ-451"
	RevocationUndetermined Code = "KZ-452"

	// Trust.
	NoAnchor                     Code = "KZ-501"
	UnknownIssuer                Code = "KZ-502"
	CertificateExpired           Code = "KZ-503"
	CertificateNotYetValid       Code = "KZ-504"
	CertificateMalformed         Code = "KZ-505"
	CertificateProfile           Code = "KZ-506"
	CertificateEKU               Code = "KZ-507"
	CertificateCountry           Code = "KZ-508"
	CertificateRevoked           Code = "KZ-509"
	CertificateCriticalExtension Code = "KZ-510"
	CertificateSignature         Code = "KZ-511"
	SpecimenAnchor               Code = "KZ-512"
	TrustFileInvalid             Code = "KZ-513"
	TrustRollback                Code = "KZ-514"
	TrustStale                   Code = "KZ-515"
	TrustSignature               Code = "KZ-516"
	TrustUnwritable              Code = "KZ-517"
	CertificateAlgorithm         Code = "KZ-518"
	CertificateCountryMissing    Code = "KZ-519"
	CertificateCountrySeveral    Code = "KZ-520"
	CertificateState             Code = "KZ-521"
	CertificateVersion           Code = "KZ-522"
	CertificateNoCA              Code = "KZ-523"
	CertificatePathLength        Code = "KZ-524"
	CertificateUsageMissing      Code = "KZ-525"
	CertificateUsageExcess       Code = "KZ-526"
	CertificateIsCA              Code = "KZ-527"
	CertificateExtension         Code = "KZ-528"
	CertificateEKUExcess         Code = "KZ-529"
	CertificateTooLong           Code = "KZ-530"
	CertificateKeyIdentifier     Code = "KZ-531"
	TrustFromFuture              Code = "KZ-532"
	IssuingStateMismatch         Code = "KZ-533" // a warning: issuing_jurisdiction against the certificate's state
	CertificateDeparture         Code = "KZ-534" // a warning: from the profile, as real issuers do

	StatusListUnanchored Code = "KZ-535" // leads to no anchor, and nobody vouches for it
	StatusListsTooMany   Code = "KZ-536"

	// Fetching of the lists that trust rests on.
	FetchUnreachable Code = "KZ-540"
	FetchTLS         Code = "KZ-541"
	FetchTimeout     Code = "KZ-542"
	FetchTruncated   Code = "KZ-543"
	FetchTooLarge    Code = "KZ-544"
	FetchRefused     Code = "KZ-545"
	FetchServerError Code = "KZ-546"
	FetchRedirect    Code = "KZ-547"
	FetchKind        Code = "KZ-548"

	// Presentations and the socket.
	PresentationNotFound  Code = "KZ-601"
	PresentationActive    Code = "KZ-602"
	PresentationExpired   Code = "KZ-603"
	PresentationCancelled Code = "KZ-604"
	NotVerified           Code = "KZ-606"
	AlreadyClaimed        Code = "KZ-607"
	ClaimGone             Code = "KZ-608"
	ClaimUnknown          Code = "KZ-609"
	IdempotencyConflict   Code = "KZ-610"
	MalformedRequest      Code = "KZ-611"
	RequestTooLarge       Code = "KZ-612"
	Forbidden             Code = "KZ-613"
	ForeignOrigin         Code = "KZ-614"
	RouteNotFound         Code = "KZ-615"
	MethodNotAllowed      Code = "KZ-616"
	UnsupportedMediaType  Code = "KZ-617"
	TooManyRequests       Code = "KZ-618"
	ProfileNotFound       Code = "KZ-619"
	ShuttingDown          Code = "KZ-620"
	SocketUnavailable     Code = "KZ-621"
	TooManyConnections    Code = "KZ-622"
	LostOnRestart         Code = "KZ-623"

	// Configuration, profiles and keys.
	ConfigUnreadable         Code = "KZ-701"
	ConfigInvalid            Code = "KZ-702"
	ProfileInvalid           Code = "KZ-703"
	ElementForbidden         Code = "KZ-704"
	ReaderKeyUnreadable      Code = "KZ-705"
	ReaderKeyMismatch        Code = "KZ-706"
	ReaderCertificateExpired Code = "KZ-707"
	InputUnreadable          Code = "KZ-708"
	MalformedTranscript      Code = "KZ-709"
	Usage                    Code = "KZ-710"
	ReloadRefused            Code = "KZ-711" // a health item: the old configuration stays in force
	EvidenceNotRetained      Code = "KZ-712"
	ReaderCertificateProfile Code = "KZ-713"
	ReaderCertificateEnding  Code = "KZ-720" // a warning
	AnchorEnding             Code = "KZ-721" // a warning
	SocketMode               Code = "KZ-722" // a warning
	ReaderKeyExposed         Code = "KZ-723" // a warning
	SpecimenInService        Code = "KZ-724" // a warning

	// The machine.
	ClockUntrusted   Code = "KZ-801"
	LedgerDegraded   Code = "KZ-802" // a health item: presentations go on without it
	LedgerDamaged    Code = "KZ-803" // a health item: what can be read of it counts
	MetricsUnwritten Code = "KZ-804" // a health item: the metrics file is old or missing
	ReportRefused    Code = "KZ-805" // a bug report held what must not leave, and was not written
	ReportUnwritable Code = "KZ-806"
	UnitMissing      Code = "KZ-830" // a warning: nobody starts the daemon
	UnitWeakened     Code = "KZ-831" // a warning
	DiskLow          Code = "KZ-832" // a warning
	ClockFree        Code = "KZ-833" // a warning: nothing sets the clock
	DaemonHung       Code = "KZ-834"
	CheckLate        Code = "KZ-835" // a warning: a check of kazashi doctor did not end in time
	PartHangs        Code = "KZ-810" // in the log: systemd is not told any more that the daemon is alive
	MemoryUnlocked   Code = "KZ-811" // a health item: the memory could be swapped out
	LogDropped       Code = "KZ-812" // a health item
	NobodyUser       Code = "KZ-813" // the sandbox has an owner that stands for anybody

	// The terminal itself.
	Internal                 Code = "KZ-900"
	ForbiddenElementReceived Code = "KZ-901"
	SelfTestFailed           Code = "KZ-910"
	Panicked                 Code = "KZ-905"
)
