package api_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"pgregory.net/rapid"

	"kazashi/session/verify"
	"kazashi/transport/api"
)

func TestContractIsOpenAPI(t *testing.T) {
	document, err := libopenapi.NewDocument(api.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	v, errs := validator.NewValidator(document)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if ok, errs := v.ValidateDocument(); !ok {
		for _, e := range errs {
			t.Errorf("%s: %s %v", e.Message, e.Reason, e.SchemaValidationErrors)
		}
	}
}

func TestValidName(t *testing.T) {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:~-"
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Za-z0-9._:~-]{0,70}`)).Draw(t, "s")
		want := s != "" && len(s) <= 64 && strings.Trim(s, allowed) == ""
		for _, r := range s {
			want = want && strings.ContainsRune(allowed, r)
		}
		if api.ValidName(s) != want {
			t.Fatalf("%q: %v", s, !want)
		}
	})
}

func TestStates(t *testing.T) {
	for state, ended := range map[api.State]bool{
		api.StateArmed: false, api.StateReading: false, api.StateVerified: false, api.StateClaimed: false,
		api.StateAcked: true, api.StateRejected: true, api.StateExpired: true, api.StateCancelled: true, api.StateLost: true,
	} {
		if state.Ended() != ended {
			t.Errorf("%s: %v", state, !ended)
		}
	}
}

// The contract lists the checks as the verification makes them, in its order.
func TestContractListsTheChecks(t *testing.T) {
	document, err := libopenapi.NewDocument(api.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	model, err := document.BuildV3Model()
	if err != nil {
		t.Fatal(err)
	}
	check := model.Model.Components.Schemas.GetOrZero("Presentation").Schema().Properties.GetOrZero("check").Schema()
	var listed []verify.Check
	for _, value := range check.Enum {
		listed = append(listed, verify.Check(value.Value))
	}
	if diff := cmp.Diff(verify.Checks(), listed); diff != "" {
		t.Error(diff)
	}
}
