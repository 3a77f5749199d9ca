package configs

import (
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"kazashi/session/fault"
	"kazashi/session/intake"
)

// maxFile is more than any hand-written file has.
const maxFile = 1 << 20

// tag is the struct tag that names a key, in configuration and profiles alike.
const tag = "mapstructure"

// A document is one YAML file whose keys and types are known to fit a Go type.
type document struct {
	name  string // as errors name it
	lines map[string]int
	root  *yaml.Node // nil when the file holds nothing but comments
}

// readFile reads a file that a person wrote.
func readFile(path string) ([]byte, error) {
	content, err := intake.File(path, maxFile)
	return content, fault.Wrap(fault.ConfigUnreadable, err, "reading configuration")
}

// parse reads one YAML document and holds it against the type t, a struct. What
// is not YAML gives fault.ConfigUnreadable, what does not fit t gives invalid.
func parse(name string, content []byte, t reflect.Type, invalid fault.Code) (*document, error) {
	d := &document{name: name, lines: map[string]int{}}
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	var node yaml.Node
	switch err := decoder.Decode(&node); {
	case errors.Is(err, io.EOF):
		return d, nil
	case err != nil:
		return nil, fault.New(fault.ConfigUnreadable, "%s: %s", name, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	var second yaml.Node
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, fault.New(fault.ConfigUnreadable, "%s: more than one YAML document", name)
	}
	d.root = node.Content[0]
	var problems problems
	d.check("", d.root, t, &problems)
	return d, problems.fault(invalid)
}

// check holds a node and all below it against a type.
func (d *document) check(key string, node *yaml.Node, t reflect.Type, p *problems) {
	d.lines[key] = node.Line
	wrong := func(format string, args ...any) { p.add(d, key, node.Line, format, args...) }
	if node.Kind == yaml.AliasNode {
		wrong("aliases are not allowed")
		return
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if node.Kind == yaml.ScalarNode && node.Tag == "!!null" {
		wrong("has no value")
		return
	}
	switch {
	case t.Kind() == reflect.Struct && node.Kind == yaml.MappingNode:
		d.checkMapping(key, node, t, p)
	case t.Kind() == reflect.Struct:
		wrong("must hold keys of its own")
	case t.Kind() == reflect.Slice && node.Kind == yaml.SequenceNode:
		for i, item := range node.Content {
			d.check(fmt.Sprintf("%s[%d]", key, i), item, t.Elem(), p)
		}
	case t.Kind() == reflect.Slice:
		wrong("must be a list")
	case node.Kind != yaml.ScalarNode:
		wrong("must be a single value")
	default:
		if err := checkScalar(t, node.Tag, node.Value); err != nil {
			wrong("%w", err)
		}
	}
}

func (d *document) checkMapping(key string, node *yaml.Node, t reflect.Type, p *problems) {
	fields := map[string]reflect.Type{}
	var known []string
	for f := range fieldsOf(t) {
		fields[f.Tag.Get(tag)] = f.Type
		known = append(known, f.Tag.Get(tag))
	}
	first := map[string]int{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, value := node.Content[i], node.Content[i+1]
		path := join(key, name.Value)
		ft, ok := fields[name.Value]
		if line, twice := first[name.Value]; twice {
			p.add(d, path, name.Line, "stands already in line %d", line)
			continue
		}
		first[name.Value] = name.Line
		if !ok {
			slices.Sort(known)
			p.add(d, path, name.Line, "unknown key (known here: %s)", strings.Join(known, ", "))
			continue
		}
		d.check(path, value, ft, p)
	}
}

// checkScalar says whether a scalar may stand for a value of type t. The tag is
// YAML's, and empty for a value from the environment, which has no type yet.
func checkScalar(t reflect.Type, yamlTag, value string) error {
	want := func(tag string) bool { return yamlTag == "" || yamlTag == tag }
	if t == reflect.TypeFor[time.Duration]() {
		if _, err := time.ParseDuration(value); err != nil || !want("!!str") {
			return fmt.Errorf("%q is no duration such as 30s", value)
		}
		return nil
	}
	if text, ok := reflect.New(t).Interface().(encoding.TextUnmarshaler); ok {
		if !want("!!str") {
			return fmt.Errorf("%q must stand in quotes", value)
		}
		return text.UnmarshalText([]byte(value))
	}
	switch t.Kind() {
	case reflect.Bool:
		if value != "true" && value != "false" {
			return fmt.Errorf("%q is neither true nor false", value)
		}
	case reflect.Int:
		if _, err := strconv.Atoi(value); err != nil || !want("!!int") {
			return fmt.Errorf("%q is no whole number", value)
		}
	case reflect.String:
		if !want("!!str") {
			return fmt.Errorf("%q is no text; put it in quotes", value)
		}
	default:
		return fmt.Errorf("cannot hold a value")
	}
	return nil
}

// fieldsOf yields the fields of a struct that keys can set.
func fieldsOf(t reflect.Type) func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if f := t.Field(i); f.Tag.Get(tag) != "" && f.Tag.Get(tag) != "-" && !yield(f) {
				return
			}
		}
	}
}

func join(key, name string) string {
	if key == "" {
		return name
	}
	return key + "." + name
}
