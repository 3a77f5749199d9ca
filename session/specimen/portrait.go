package specimen

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"slices"
	"sync"
)

// Size of the portrait in pixels, with the proportions of a passport photograph.
const (
	portraitWidth  = 315
	portraitHeight = 405
)

// Portrait returns the drawing that stands where a photograph would: an outline
// with 見本 and SPECIMEN across it, a JPEG of some twenty kilobytes. It is the same at
// every call.
func Portrait() []byte { return slices.Clone(portrait()) }

var portrait = sync.OnceValue(func() []byte {
	img := image.NewRGBA(image.Rect(0, 0, portraitWidth, portraitHeight))
	for y := range portraitHeight {
		for x := range portraitWidth {
			img.Set(x, y, background(x, y))
		}
	}
	drawMihon(img)
	drawText(img, "SPECIMEN", 22, 330, 6)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 88}); err != nil {
		panic(err) // a buffer takes every byte and the size is fixed
	}
	return out.Bytes()
})

var (
	ink     = color.RGBA{0xC0, 0x20, 0x30, 0xFF}
	outline = color.RGBA{0x78, 0x88, 0x98, 0xFF}
)

// background is a fine pattern with the outline of a head and shoulders in it.
func background(x, y int) color.RGBA {
	fx, fy := float64(x), float64(y)
	head := sq((fx-157)/62) + sq((fy-140)/80)
	shoulders := sq((fx-157)/125) + sq((fy-405)/150)
	if head < 1 || shoulders < 1 {
		return outline
	}
	wave := math.Sin(fx/7+4*math.Sin(fy/31)) * math.Sin(fy/9+3*math.Sin(fx/23))
	shade := uint8(222 + 18*wave)
	return color.RGBA{shade, shade, 0xF4, 0xFF}
}

func sq(v float64) float64 { return v * v }

// A stroke is a line of a character on a field of 100 by 100.
type stroke struct{ x0, y0, x1, y1 float64 }

var (
	mi = []stroke{ // 見
		{25, 5, 75, 5}, {25, 5, 25, 62}, {75, 5, 75, 62}, {25, 24, 75, 24}, {25, 43, 75, 43}, {25, 62, 75, 62},
		{40, 62, 36, 82}, {36, 82, 10, 97}, {60, 62, 60, 92}, {60, 92, 90, 92}, {90, 92, 90, 80},
	}
	hon = []stroke{ // 本
		{8, 28, 92, 28}, {50, 3, 50, 98}, {49, 29, 8, 76}, {51, 29, 92, 76}, {30, 76, 70, 76},
	}
)

func drawMihon(img *image.RGBA) {
	for i, character := range [][]stroke{mi, hon} {
		left, top, scale := 40+125*float64(i), 175.0, 1.1
		for _, s := range character {
			line(img, left+s.x0*scale, top+s.y0*scale, left+s.x1*scale, top+s.y1*scale, 5)
		}
	}
}

func line(img *image.RGBA, x0, y0, x1, y1, radius float64) {
	steps := math.Hypot(x1-x0, y1-y0)
	for i := 0.0; i <= steps; i++ {
		cx, cy := x0+(x1-x0)*i/steps, y0+(y1-y0)*i/steps
		for dy := -radius; dy <= radius; dy++ {
			for dx := -radius; dx <= radius; dx++ {
				if sq(dx)+sq(dy) <= sq(radius) {
					img.Set(int(cx+dx), int(cy+dy), ink)
				}
			}
		}
	}
}

// font has the letters that are needed, five by seven, a row in each byte.
var font = map[rune][7]byte{
	'S': {0x0F, 0x10, 0x10, 0x0E, 0x01, 0x01, 0x1E},
	'P': {0x1E, 0x11, 0x11, 0x1E, 0x10, 0x10, 0x10},
	'E': {0x1F, 0x10, 0x10, 0x1E, 0x10, 0x10, 0x1F},
	'C': {0x0E, 0x11, 0x10, 0x10, 0x10, 0x11, 0x0E},
	'I': {0x0E, 0x04, 0x04, 0x04, 0x04, 0x04, 0x0E},
	'M': {0x11, 0x1B, 0x15, 0x15, 0x11, 0x11, 0x11},
	'N': {0x11, 0x19, 0x15, 0x13, 0x11, 0x11, 0x11},
}

func drawText(img *image.RGBA, text string, left, top, scale int) {
	for _, letter := range text {
		for row, bits := range font[letter] {
			for column := range 5 {
				if bits&(0x10>>column) == 0 {
					continue
				}
				for i := range scale * scale {
					img.Set(left+column*scale+i%scale, top+row*scale+i/scale, ink)
				}
			}
		}
		left += 6 * scale
	}
}
