package daemon

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/zap/zapcore"

	"kazashi/configs"
	"kazashi/reader"
	"kazashi/session/fault"
	"kazashi/transport/server"
)

// uncoded returns the lines of a log that tell of a fault and carry no code of one.
func uncoded(log string) []string {
	var found []string
	for line := range strings.Lines(log) {
		var entry struct {
			Level string     `json:"level"`
			Code  fault.Code `json:"code"`
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			continue
		}
		if (entry.Level == "warn" || entry.Level == "error") && (entry.Code.Slug() == "" || entry.Code == fault.OK) {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return found
}

// codeGivers are the functions whose fields hold a code.
var codeGivers = []string{"faultFields", "panicFields"}

// carriesCode reports whether an expression makes a field named code. A variable does
// when anything that body assigns to it does.
func carriesCode(e ast.Node, body *ast.BlockStmt, seen map[string]bool) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.Ident); ok && slices.Contains(codeGivers, f.Name) {
				found = true
			}
			f, ok := n.Fun.(*ast.SelectorExpr)
			if !ok || f.Sel.Name != "String" || len(n.Args) != 2 {
				break
			}
			if name, ok := n.Args[0].(*ast.BasicLit); ok && name.Value == strconv.Quote("code") {
				found = true
			}
		case *ast.Ident:
			if !seen[n.Name] && body != nil {
				seen[n.Name] = true
				found = found || assignedCode(n.Name, body, seen)
			}
		}
		return !found
	})
	return found
}

func assignedCode(name string, body *ast.BlockStmt, seen map[string]bool) bool {
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		assign, ok := n.(*ast.AssignStmt)
		if !ok {
			return !found
		}
		for i, left := range assign.Lhs {
			if id, ok := left.(*ast.Ident); ok && id.Name == name && len(assign.Rhs) == len(assign.Lhs) {
				found = found || carriesCode(assign.Rhs[i], body, seen)
			}
		}
		return !found
	})
	return found
}

// faultLines looks at every call that logs a warning or an error, or at a level that is
// found only as it runs, and returns how many there are and where those without a code
// are.
func faultLines(files *token.FileSet, file *ast.File) (calls int, bare []string) {
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Body == nil {
			continue
		}
		ast.Inspect(f.Body, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 { // err.Error() logs nothing
				return true
			}
			s, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || !slices.Contains([]string{"Warn", "Error", "DPanic", "Panic", "Fatal", "Log"}, s.Sel.Name) {
				return true
			}
			switch of := s.X.(type) {
			case *ast.Ident:
				if of.Name == "zap" || s.Sel.Name == "Log" && of.Name != "log" { // zap.Error makes a field
					return true
				}
			case *ast.SelectorExpr:
				if s.Sel.Name == "Log" && of.Sel.Name != "log" {
					return true
				}
			}
			calls++
			for _, argument := range call.Args {
				if carriesCode(argument, f.Body, map[string]bool{}) {
					return true
				}
			}
			bare = append(bare, files.Position(call.Pos()).String())
			return true
		})
	}
	return calls, bare
}

// Whoever gathers the logs of many kiosks groups them by code: every line about a fault
// has one.
func TestEveryLineAboutAFaultCarriesItsCode(t *testing.T) {
	total := 0
	for _, dir := range []string{".", "../../kazashid"} {
		paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: %v", dir, errors.Join(err, fs.ErrNotExist))
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			calls, bare := faultLines(files, file)
			total += calls
			for _, at := range bare {
				t.Errorf("%s logs a fault without its code", at)
			}
		}
	}
	if total < 10 {
		t.Errorf("only %d lines about faults were found: the test does not see them", total)
	}
}

// The rule itself: what the test above takes for a line without a code, and what not.
func TestRuleOfCodesSeesBareLines(t *testing.T) {
	for source, bare := range map[string]bool{
		`log.Warn("x")`:                                                         true,
		`d.log.Error("x", zap.Error(err))`:                                      true,
		`fields := g(); log.Log(level, "x", fields)`:                            true,
		`log.Warn("x", zap.String("code", c))`:                                  false,
		`log.Error("x", faultFields(err)...)`:                                   false,
		`fields := append(panicFields(v), g()); log.Log(level, "x", fields...)`: false,
		`log.Info("x", zap.String("e", err.Error()))`:                           false,
	} {
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, "a.go", "package a\nfunc f() { "+source+" }", 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, found := faultLines(files, file); (len(found) == 1) != bare {
			t.Errorf("%s: %v", source, found)
		}
	}
}

// A reader that is gone is a fault even where its system does not say why.
func TestCodesOfLinesWithLevelsOfTheirOwn(t *testing.T) {
	r := start(t, nil, nil)
	r.daemon.observe(reader.Event{Kind: reader.Detached, Reader: "gone"})
	r.daemon.observe(reader.Event{Kind: reader.ServiceDown})
	log := r.log.String()
	if want := `"reader":"gone","code":"` + string(fault.ReaderNotFound); !strings.Contains(log, want) {
		t.Errorf("no %s in %s", want, log)
	}
	bare := &journal{}
	l, err := NewLogger(configs.Log{Level: zapcore.InfoLevel.String(), Format: "json"}, false, bare)
	if err != nil {
		t.Fatal(err)
	}
	l.Warn("bare")
	if len(uncoded(bare.String())) != 1 {
		t.Error("a bare line was not seen")
	}
}

// Of a handler that panics the log tells functions and lines, and none of the words
// that were handed to them.
func TestPanicOfHandlerIsLoggedByFunctions(t *testing.T) {
	r := start(t, nil, nil)
	pcs := make([]uintptr, 8)
	r.daemon.answered(server.Answered{Route: "/v1/status", Method: "GET", Status: 500, Code: fault.Internal, Stack: pcs[:runtime.Callers(1, pcs)]})
	log := r.log.String()
	if !strings.Contains(log, `"stack":["kazashi/cmd/internal/daemon.TestPanicOfHandlerIsLoggedByFunctions:`) || strings.Contains(log, "0x") {
		t.Errorf("logged: %s", log)
	}
}
