package doctor

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kazashi/configs"
	"kazashi/reader"
	"kazashi/session/fault"
)

const plist = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple Computer//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
	<key>CFBundleName</key><string>CCIDCLASSDRIVER</string>
	<key>ifdVendorID</key>
	<array><string>0x072F</string><string>0x054C</string></array>
	<key>ifdProductID</key>
	<array><string>0x223B</string><string>0x0DC8</string></array>
</dict></plist>`

// plugged looks at a machine with one device on USB and pcscd without a reader.
func plugged(t *testing.T, vendor, product, name string, descriptors []byte, withDriver bool) *Facts {
	t.Helper()
	root := t.TempDir()
	const device = "sys/bus/usb/devices/2-1.4/"
	put(t, root, device+"idVendor", vendor+"\n")
	put(t, root, device+"idProduct", product+"\n")
	put(t, root, device+"product", name+"\n")
	put(t, root, device+"descriptors", string(descriptors))
	put(t, root, "sys/bus/usb/devices/2-1.4:1.0/bInterfaceClass", "0b\n")
	if withDriver {
		put(t, root, "usr/lib/pcsc/drivers/ifd-ccid.bundle/Contents/Info.plist", plist)
	}
	c := configs.Default()
	f := &Facts{Config: configFacts{C: &c}, Service: serviceFacts{Supported: true, Err: reader.ErrNoReader}}
	w := &World{Root: root}
	probeUSB(t.Context(), w, *f)(f)
	probeDriver(t.Context(), w, *f)(f)
	return f
}

// ccid is a configuration with one interface of the smart card class.
func ccid(features uint32, message byte) []byte {
	d := append([]byte{9, 4, 0, 0, 3, 0x0b, 0, 0, 0}, make([]byte, 54)...)
	own := d[9:]
	own[0], own[1] = 54, 0x21
	own[40], own[41], own[42] = byte(features), byte(features>>8), byte(features>>16)
	own[44], own[45] = message, 1
	return d
}

func codesOf(v Verdict) []fault.Code {
	var all []fault.Code
	for _, f := range v.Findings {
		all = append(all, f.Code)
	}
	return all
}

func TestReadersOnUSB(t *testing.T) {
	for name, tt := range map[string]struct {
		facts       *Facts
		usb, driver []fault.Code
		reader      []fault.Code
	}{
		"a CCID reader that a driver knows": {
			facts:  plugged(t, "072f", "223b", "ACR1252", ccid(0x20000, 15), true),
			reader: []fault.Code{fault.ReaderNotListed},
		},
		"no driver at all": {
			facts:  plugged(t, "072f", "223b", "ACR1252", ccid(0x20000, 15), false),
			driver: []fault.Code{fault.ReaderDriverMissing}, reader: []fault.Code{fault.ReaderNotListed},
		},
		"a CCID reader that no driver knows": {
			facts:  plugged(t, "072f", "ffff", "ACR9999", ccid(0x40000, 15), true),
			driver: []fault.Code{fault.ReaderDriverMissing}, reader: []fault.Code{fault.ReaderNotListed},
		},
		"a reader with a protocol of its own": {
			facts:  plugged(t, "054c", "06c3", "RC-S380/P", nil, true),
			driver: []fault.Code{fault.ReaderDriverMissing}, reader: []fault.Code{fault.ReaderNotListed},
		},
		"another thing of the same maker": {
			facts: plugged(t, "054c", "0994", "DualSense Controller", nil, true),
			usb:   []fault.Code{fault.ReaderNotFound}, reader: []fault.Code{fault.ReaderNotFound},
		},
	} {
		if got := codesOf(judgeUSB(tt.facts)); !slices.Equal(got, tt.usb) {
			t.Errorf("%s: usb %v", name, got)
		}
		if got := codesOf(judgeDriver(tt.facts)); !slices.Equal(got, tt.driver) {
			t.Errorf("%s: driver %v", name, got)
		}
		if got := codesOf(judgeReader(tt.facts)); !slices.Equal(got, tt.reader) {
			t.Errorf("%s: reader %v", name, got)
		}
	}
}

// Only a device that says so, and a configuration that wants more, are a fault.
func TestSizesOfAPDUs(t *testing.T) {
	for features, want := range map[uint32][]fault.Code{0x20000: {fault.ReaderShortAPDU}, 0x40000: nil, 0x10000: nil} {
		f := plugged(t, "072f", "223b", "ACR1252", ccid(features, 15), true)
		if got := codesOf(judgeAPDU(f)); got != nil {
			t.Errorf("%x: %v without extended lengths", features, got)
		}
		f.Config.C.Reader.ExtendedLength = true
		if got := codesOf(judgeAPDU(f)); !slices.Equal(got, want) {
			t.Errorf("%x: %v, want %v", features, got, want)
		}
	}
	f := plugged(t, "072f", "223b", "ACR1252", ccid(0x40000, 15), true)
	if v := judgeAPDU(f); !strings.Contains(v.Note.En, "271 bytes") {
		t.Errorf("%s", v.Note.En)
	}
}

// With pcscd away nobody knows of readers that are not on USB.
func TestNoReaderOnUSBAndNoService(t *testing.T) {
	f := &Facts{Service: serviceFacts{Err: errors.Join(reader.ErrNoService)}}
	if v := judgeUSB(f); stateOf(v) != Unseen {
		t.Errorf("%+v", v)
	}
}

// Whatever a device sends as its descriptors, they are read to an end.
func TestDescriptorsOfAnyForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r usbReader
		r.describe(rapid.SliceOf(rapid.Byte()).Draw(t, "descriptors"))
		if r.Features != 0 && !r.CCID {
			t.Fatal("features without an interface")
		}
	})
}

func TestListedReadersOfADriver(t *testing.T) {
	if got := listed(strings.NewReader(plist)); !slices.Equal(got, []string{"072f:223b", "054c:0dc8"}) {
		t.Errorf("%v", got)
	}
	if got := listed(strings.NewReader("no property list")); got != nil {
		t.Errorf("%v", got)
	}
}
