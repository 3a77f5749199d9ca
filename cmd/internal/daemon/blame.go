package daemon

import (
	"slices"

	"kazashi/session/fault"
	"kazashi/transport/api"
)

// dependsOn says what cannot be in order while something else is broken. While one of
// the faults on the right is found, the one on the left is its consequence, or cannot
// be judged, and is not told: a technician sees what to mend and nothing that mends
// itself with it.
var dependsOn = map[fault.Code][]fault.Code{
	// Readers are what the service says of them.
	fault.ReaderNotFound:  services,
	fault.ReaderAmbiguous: services,
	fault.ReaderBusy:      services,
	// Dates are held against the clock.
	fault.CertificateExpired:       {fault.ClockUntrusted},
	fault.CertificateNotYetValid:   {fault.ClockUntrusted},
	fault.ReaderCertificateExpired: {fault.ClockUntrusted},
	fault.TrustStale:               {fault.ClockUntrusted},
}

// services are the faults of the service behind all readers. There is one at a time.
var services = []fault.Code{
	fault.ReaderServiceDown, fault.ReaderServiceHung, fault.ReaderServiceDenied, fault.ReaderUnsupported,
}

// blame leaves those findings that are no consequence of another one.
func blame(items []api.HealthItem) []api.HealthItem {
	return slices.DeleteFunc(slices.Clone(items), func(i api.HealthItem) bool {
		return slices.ContainsFunc(dependsOn[i.Code], func(cause fault.Code) bool {
			return slices.ContainsFunc(items, func(other api.HealthItem) bool { return other.Code == cause })
		})
	})
}
