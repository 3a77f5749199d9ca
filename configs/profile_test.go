package configs

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"kazashi/session/fault"
)

const myNumber = "org.iso.23220.1.jp.mnc"

func TestShippedProfiles(t *testing.T) {
	profiles, err := LoadProfiles("")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]struct {
		docType  string
		elements string
	}{
		"address":                       {myNumber, "resident_address_unicode local_gov_code_unicode"},
		"age-over-20":                   {myNumber, "age_over_20"},
		"identity":                      {myNumber, "full_name_unicode birth_date_unicode resident_address_unicode portrait"},
		"mdl-age-over-21":               {"org.iso.18013.5.1.mDL", "age_over_21"},
		"residence-certificate":         {myNumber, "full_name_unicode resident_address_unicode local_gov_code_unicode birth_date_unicode sex_unicode"},
		"seal-registration-certificate": {myNumber, "full_name_unicode resident_address_unicode local_gov_code_unicode birth_date_unicode"},
	}
	var names []string
	for _, p := range profiles {
		names = append(names, p.Name)
		w, ok := want[p.Name]
		if !ok {
			t.Errorf("%s is shipped but not listed here", p.Name)
			continue
		}
		var elements []string
		for _, e := range p.Elements {
			elements = append(elements, e.Identifier)
			if e.Retain {
				t.Errorf("%s retains %s", p.Name, e.Identifier)
			}
		}
		if p.DocType != w.docType || strings.Join(elements, " ") != w.elements {
			t.Errorf("%s asks %s for %v", p.Name, p.DocType, elements)
		}
	}
	if len(profiles) != len(want) || !slices.IsSorted(names) {
		t.Errorf("got %v", names)
	}
}

const plain = `name: shop
title: {ja: 店頭, en: Shop}
doc_type: org.iso.23220.1.jp.mnc
elements:
  - {namespace: org.iso.23220.1, element: age_over_20, label: {ja: 20歳以上, en: 20 or older}}
`

func loadOne(t *testing.T, content string) (*Profile, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "shop.yaml"), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	profiles, err := LoadProfiles(dir)
	if err != nil {
		return nil, err
	}
	return &profiles[0], nil
}

func TestProfileOfADirectoryReplacesTheShippedOnes(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "shop.yaml"), []byte(plain), 0o600); err != nil {
		t.Fatal(err)
	}
	profiles, err := LoadProfiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(profiles) != 1 || profiles[0].Name != "shop" || profiles[0].Elements[0].Label.Ja != "20歳以上" {
		t.Errorf("got %+v", profiles)
	}
}

func TestRetainNeedsPurposeAndDays(t *testing.T) {
	retained := strings.Replace(plain, "or older}}", "or older}, retain: true}", 1)
	if _, err := loadOne(t, retained); fault.CodeOf(err) != fault.ProfileInvalid {
		t.Errorf("retain without a retention: %v", err)
	}
	said := "retention: {purpose: {ja: 本人確認の記録, en: Record of the check}, days: 30}\n"
	p, err := loadOne(t, retained+said)
	if err != nil {
		t.Fatal(err)
	}
	if !p.Elements[0].Retain || p.Retention.Days != 30 {
		t.Errorf("got %+v", p)
	}
	if _, err := loadOne(t, plain+said); fault.CodeOf(err) != fault.ProfileInvalid {
		t.Errorf("retention without a retained element: %v", err)
	}
	for _, wrong := range []string{"days: 30", "days: 0", "days: -1"} {
		half := "retention: {" + wrong + "}\n"
		if wrong != "days: 30" {
			half = strings.Replace(said, "days: 30", wrong, 1)
		}
		if _, err := loadOne(t, retained+half); fault.CodeOf(err) != fault.ProfileInvalid {
			t.Errorf("%s: %v", half, err)
		}
	}
}

func TestIndividualNumberCanBeInNoProfile(t *testing.T) {
	for _, identifier := range []string{"individual_number_unicode", "Individual_Number_Unicode", "individual_number"} {
		for _, namespace := range []string{"org.iso.23220.1.jp", "org.example"} {
			content := strings.Replace(plain, "age_over_20", identifier, 1)
			content = strings.Replace(content, "namespace: org.iso.23220.1,", "namespace: "+namespace+",", 1)
			_, err := loadOne(t, content)
			if fault.CodeOf(err) != fault.ElementForbidden {
				t.Errorf("%s %s: %v", namespace, identifier, err)
				continue
			}
			if !strings.Contains(err.Error(), "shop.yaml:5: elements[0].element") {
				t.Errorf("error does not say where: %v", err)
			}
		}
	}
}

func TestProfileThatIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		old, new string
		says     string
	}{
		"unknown key":      {"name: shop", "name: shop\nnmae: shop", ":2: nmae: unknown key"},
		"key twice":        {"name: shop", "name: shop\nname: shop", ":2: name: stands already"},
		"other name":       {"name: shop", "name: store", "name of the file"},
		"no title":         {"en: Shop", "en: \"\"", "title"},
		"no docType":       {"org.iso.23220.1.jp.mnc", "mnc", ":3: doc_type"},
		"no element":       {"element: age_over_20, ", "", "elements[0].element"},
		"retain not bool":  {"element: age_over_20,", "element: age_over_20, retain: 1,", "elements[0].retain"},
		"elements no list": {"elements:\n  - {", "elements:\n  {", ":5: elements: must be a list"},
	} {
		t.Run(name, func(t *testing.T) {
			content := strings.Replace(plain, c.old, c.new, 1)
			if content == plain {
				t.Fatal("the case changes nothing")
			}
			_, err := loadOne(t, content)
			if fault.CodeOf(err) != fault.ProfileInvalid || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v", err)
			}
		})
	}
	twice := plain + "  - {namespace: org.iso.23220.1, element: age_over_20, label: {ja: 20歳以上, en: 20 or older}}\n"
	if _, err := loadOne(t, twice); fault.CodeOf(err) != fault.ProfileInvalid {
		t.Errorf("element twice: %v", err)
	}
	if _, err := loadOne(t, ""); fault.CodeOf(err) != fault.ProfileInvalid {
		t.Errorf("empty file: %v", err)
	}
	if _, err := LoadProfiles(t.TempDir()); fault.CodeOf(err) != fault.ConfigUnreadable {
		t.Errorf("empty directory: %v", err)
	}
}

func TestEvidenceNeedsEveryElementRetained(t *testing.T) {
	retained := strings.Replace(plain, "or older}}", "or older}, retain: true}", 1) +
		"retention: {purpose: {ja: 本人確認の記録, en: Record of the check}, days: 30}\nevidence: true\n"
	p, err := loadOne(t, retained)
	if err != nil || !p.Evidence {
		t.Fatalf("a profile that retains everything: %v", err)
	}
	for _, content := range []string{
		plain + "evidence: true\n",
		strings.Replace(retained, "retention:", "  - {namespace: org.iso.23220.1, element: sex, label: {ja: 性別, en: Sex}}\nretention:", 1),
	} {
		_, err := loadOne(t, content)
		if fault.CodeOf(err) != fault.EvidenceNotRetained || !strings.Contains(err.Error(), "shop.yaml:") {
			t.Errorf("got %v", err)
		}
	}
}

func TestAllFilesOfADirectoryAreChecked(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"bad.yaml": plain, "shop.yaml": plain,
		"worse.yaml": "name: [\n", "notes.txt": "no profile",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	results, err := CheckProfiles(dir)
	if err != nil || len(results) != 3 {
		t.Fatalf("%d results, %v", len(results), err)
	}
	var found Problems
	if !errors.As(results[0].Err, &found) || len(found) != 1 || found[0].Line != 1 || found[0].Key != "name" ||
		found[0].File != filepath.Join(dir, "bad.yaml") || results[0].Profile != nil {
		t.Errorf("bad: %+v", results[0])
	}
	if results[1].Err != nil || results[1].Profile.Name != "shop" {
		t.Errorf("shop: %+v", results[1])
	}
	if fault.CodeOf(results[2].Err) != fault.ConfigUnreadable {
		t.Errorf("worse: %+v", results[2])
	}
	one, err := CheckProfiles(filepath.Join(dir, "shop.yaml"))
	if err != nil || len(one) != 1 || one[0].Err != nil {
		t.Errorf("one file: %+v, %v", one, err)
	}
	if _, err := CheckProfiles(filepath.Join(dir, "none")); fault.CodeOf(err) != fault.ConfigUnreadable {
		t.Errorf("no place: %v", err)
	}
}

// A pipe or a device in the profile folder must hold up no start and no reload.
func TestF43_ProfileThatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "a.yaml"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/zero", filepath.Join(dir, "b.yaml")); err != nil {
		t.Fatal(err)
	}
	results, err := CheckProfiles(dir)
	if err != nil || len(results) != 2 {
		t.Fatalf("%d results, %v", len(results), err)
	}
	for _, r := range results {
		if fault.CodeOf(r.Err) != fault.ConfigUnreadable || r.Profile != nil {
			t.Errorf("%s: %v, want %s", r.File, r.Err, fault.ConfigUnreadable)
		}
	}
	if _, err := Load(filepath.Join(dir, "a.yaml")); fault.CodeOf(err) != fault.ConfigUnreadable {
		t.Errorf("a pipe for a configuration: %v", err)
	}
}
