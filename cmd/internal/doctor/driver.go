package doctor

import (
	"context"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"strings"

	"kazashi/session/fault"
)

// driverFolders are where pcscd looks for the drivers of USB readers.
var driverFolders = []string{"/usr/lib/pcsc/drivers", "/usr/local/lib/pcsc/drivers"}

// ccidBundle is the directory of libccid's driver.
const ccidBundle = "ifd-ccid.bundle"

type driverFacts struct {
	Bundles []string        // directories of drivers
	Knows   map[string]bool // "vendor:product" that a driver lists
}

func probeDriver(_ context.Context, w *World, _ Facts) func(*Facts) {
	d := driverFacts{Knows: map[string]bool{}}
	folders := append([]string{}, driverFolders...)
	more, _ := filepath.Glob(w.path("/usr/lib/*/pcsc/drivers"))
	for _, m := range more {
		folders = append(folders, strings.TrimPrefix(m, w.Root))
	}
	for _, folder := range folders {
		bundles, _ := filepath.Glob(filepath.Join(w.path(folder), "*.bundle"))
		for _, bundle := range bundles {
			d.Bundles = append(d.Bundles, filepath.Base(bundle))
			file, err := os.Open(filepath.Join(bundle, "Contents", "Info.plist"))
			if err != nil {
				continue
			}
			for _, id := range listed(file) {
				d.Knows[id] = true
			}
			_ = file.Close()
		}
	}
	return func(f *Facts) { f.Driver = d }
}

// listed returns the "vendor:product" of a driver's Info.plist, in which the arrays
// ifdVendorID and ifdProductID have an entry for each reader.
func listed(r io.Reader) []string {
	arrays := map[string][]string{}
	decoder := xml.NewDecoder(io.LimitReader(r, 4<<20))
	decoder.Strict = false
	key, text := "", ""
	for {
		token, err := decoder.Token()
		if err != nil {
			break
		}
		switch t := token.(type) {
		case xml.StartElement:
			text = ""
		case xml.CharData:
			text += string(t)
		case xml.EndElement:
			switch t.Name.Local {
			case "key":
				key = strings.TrimSpace(text)
			case "string":
				arrays[key] = append(arrays[key], strings.TrimPrefix(strings.ToLower(strings.TrimSpace(text)), "0x"))
			}
			text = ""
		}
	}
	vendors, products := arrays["ifdVendorID"], arrays["ifdProductID"]
	var ids []string
	for i := range min(len(vendors), len(products)) {
		ids = append(ids, vendors[i]+":"+products[i])
	}
	return ids
}

func judgeDriver(f *Facts) Verdict {
	if f.withoutPCSC() {
		return f.loopback()
	}
	d := f.Driver
	has := map[string]bool{}
	for _, b := range d.Bundles {
		has[b] = true
	}
	if len(f.Service.Seen) == 0 {
		// pcscd drives none of them: that a driver is missing explains it.
		for _, r := range f.USB.Readers {
			switch {
			case r.CCID && len(d.Bundles) == 0:
				return Verdict{Findings: []Finding{{
					Code: fault.ReaderDriverMissing,
					Seen: both("%s のためのドライバー %s がありません", "for %s there is no driver %s", r, ccidBundle),
					Run:  []string{"sudo apt-get install libccid", "sudo systemctl restart pcscd.service"},
				}}}
			case len(d.Knows) > 0 && !d.Knows[r.Vendor+":"+r.Product]:
				one := Finding{
					Code: fault.ReaderDriverMissing,
					Seen: both("導入済みのドライバーは %s を知りません", "no driver that is installed knows %s", r),
					Run:  []string{"apt-cache policy libccid"},
				}
				if !r.CCID {
					one.Do = both("この機種は CCID ではありません。メーカーの PC/SC ドライバーを導入するか、CCID のリーダーに替えます。",
						"This model is not a CCID device. Install its maker's PC/SC driver, or use a CCID reader.")
				}
				return Verdict{Findings: []Finding{one}}
			}
		}
	}
	if len(d.Bundles) == 0 {
		return Verdict{State: Unneeded, Note: both("USB リーダーのドライバーはありません", "there is none for USB readers")}
	}
	return Verdict{Note: same(strings.Join(d.Bundles, ", "))}
}
