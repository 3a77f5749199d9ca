package configs

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"

	"kazashi/session/fault"
)

// Path is where the daemon looks for its configuration when it is told no other
// place.
const Path = "/etc/kazashi/kazashid.yaml"

//go:embed kazashid.yaml
var explained []byte

// Explained returns the configuration file that holds every key at its default
// with an explanation.
func Explained() []byte { return slices.Clone(explained) }

// envPrefix begins the environment variables that override the file: the key
// presentation.ready is KAZASHI_PRESENTATION_READY. Lists are comma-separated.
const envPrefix = "KAZASHI"

// fileOnly are the parts that decide whom the terminal believes and obeys. They
// stand in the file alone, where they can be reviewed in one place.
var fileOnly = []string{"access", "reader_key", "trust"}

// Load reads the configuration file at path over the defaults, and the
// environment over both. An empty path stands for an empty file.
//
// Errors carry fault.ConfigUnreadable for a file that cannot be read or is not
// YAML, and fault.ConfigInvalid for one whose content cannot be accepted. With a value
// that is out of its bounds the configuration is returned all the same, to look for
// what else is wrong.
func Load(path string) (*Config, error) {
	if path == "" {
		return load("configuration", nil)
	}
	content, err := readFile(path)
	if err != nil {
		return nil, err
	}
	return load(path, content)
}

func load(name string, content []byte) (*Config, error) {
	file, err := parse(name, content, reflect.TypeFor[Config](), fault.ConfigInvalid)
	if err != nil {
		return nil, err
	}
	v := viper.New()
	v.SetConfigType("yaml")
	v.SetEnvPrefix(envPrefix)
	v.SetEnvKeyReplacer(strings.NewReplacer(".", "_"))
	v.AllowEmptyEnv(true)
	if err := checkStrangers(); err != nil {
		return nil, err
	}
	for key, value := range leaves(reflect.ValueOf(Default())) {
		v.SetDefault(key, value.Interface())
		if err := checkEnvironment(key, value.Type()); err != nil {
			return nil, err
		}
		if !isFileOnly(key) {
			v.MustBindEnv(key)
		}
	}
	if err := v.ReadConfig(bytes.NewReader(content)); err != nil {
		return nil, fault.Wrap(fault.ConfigUnreadable, err, "%s", name)
	}
	var c Config
	hooks := mapstructure.ComposeDecodeHookFunc(
		mapstructure.StringToTimeDurationHookFunc(),
		mapstructure.TextUnmarshallerHookFunc(),
		splitList,
	)
	// Neither the strict reading above nor the check of the environment leaves
	// anything here to fail; what fails all the same is refused.
	if err := v.UnmarshalExact(&c, viper.DecodeHook(hooks)); err != nil {
		return nil, fault.Wrap(fault.ConfigInvalid, err, "%s", name)
	}
	return &c, c.validate(file)
}

// leaves yields every key that holds a value, with its default.
func leaves(v reflect.Value) func(yield func(string, reflect.Value) bool) {
	return func(yield func(string, reflect.Value) bool) { walk("", v, yield) }
}

func walk(key string, v reflect.Value, yield func(string, reflect.Value) bool) bool {
	if v.Kind() != reflect.Struct {
		return yield(key, v)
	}
	for f := range fieldsOf(v.Type()) {
		if !walk(join(key, f.Tag.Get(tag)), v.FieldByIndex(f.Index), yield) {
			return false
		}
	}
	return true
}

func isFileOnly(key string) bool {
	section, _, _ := strings.Cut(key, ".")
	return slices.Contains(fileOnly, section)
}

// checkEnvironment holds the variable that overrides a key against its type.
func checkEnvironment(key string, t reflect.Type) error {
	name := envName(key)
	value, ok := os.LookupEnv(name)
	if !ok {
		return nil
	}
	if isFileOnly(key) {
		return fault.New(fault.ConfigInvalid, "environment %s: %s can be set in the file only", name, key)
	}
	if t.Kind() == reflect.Slice {
		return nil
	}
	if err := checkScalar(t, "", value); err != nil {
		return fault.New(fault.ConfigInvalid, "environment %s: %s: %v", name, key, err)
	}
	return nil
}

// checkStrangers refuses variables that begin like a section of the configuration
// and are no key of it: most likely they are misspelt, and ignored they would
// leave the default in force. Other names that begin with the prefix are not ours.
func checkStrangers() error {
	known, sections := map[string]bool{}, map[string]bool{}
	for key := range leaves(reflect.ValueOf(Default())) {
		known[envName(key)] = true
		if section, _, ok := strings.Cut(key, "."); ok {
			sections[envName(section)+"_"] = true
		}
	}
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		for section := range sections {
			if strings.HasPrefix(name, section) && !known[name] {
				return fault.New(fault.ConfigInvalid, "environment %s: no such key", name)
			}
		}
	}
	return nil
}

func envName(key string) string {
	return envPrefix + "_" + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// splitList takes a comma-separated value of the environment apart.
func splitList(from, to reflect.Type, data any) (any, error) {
	if from.Kind() != reflect.String || to != reflect.TypeFor[[]string]() {
		return data, nil
	}
	text, ok := data.(string)
	if !ok {
		return nil, fmt.Errorf("list given as %s", from)
	}
	list := []string{}
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			list = append(list, item)
		}
	}
	return list, nil
}
