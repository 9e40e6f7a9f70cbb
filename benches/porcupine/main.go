// Times Porcupine (https://github.com/anishathalye/porcupine) on the records that benches/judge_others.rs times as well: the etcd logs
// of Jepsen and the logs of a key-value store. Prints one line per file: its name, the verdict, and the median of nine runs in
// nanoseconds. Reading is not measured. Operations without an answer end after everything else, and the reads among them are left out.
// The registers of the etcd logs hold small numbers, of which Go makes values without a look at the heap.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

type does uint8

const (
	reads does = iota
	writes
	swaps
	appends
)

var names = map[string]does{"read": reads, "get": reads, "write": writes, "put": writes, "cas": swaps, "append": appends}

type input struct {
	op       does
	key      string
	text     string
	from, to int
}

type output struct {
	text    string
	value   int
	ok      bool
	unknown bool
}

// A number of a register: 0 for nil.
func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n + 1
}

var register = porcupine.Model{
	Init: func() interface{} { return 0 },
	Step: func(state, in, out interface{}) (bool, interface{}) {
		i, o, held := in.(input), out.(output), state.(int)
		switch i.op {
		case reads:
			return o.unknown || o.value == held, state
		case writes:
			return true, i.to
		}
		possible := o.unknown || (o.ok == (held == i.from))
		if held == i.from {
			return possible, i.to
		}
		return possible, state
	},
}

var store = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		parts := map[string][]porcupine.Operation{}
		for _, op := range history {
			key := op.Input.(input).key
			parts[key] = append(parts[key], op)
		}
		var all [][]porcupine.Operation
		for _, part := range parts {
			all = append(all, part)
		}
		return all
	},
	Init: func() interface{} { return "" },
	Step: func(state, in, out interface{}) (bool, interface{}) {
		i, held := in.(input), state.(string)
		switch i.op {
		case reads:
			return out.(output).text == held, state
		case writes:
			return true, i.text
		}
		return true, held + i.text
	},
}

var jepsen = regexp.MustCompile(`^INFO\s+jepsen\.util - (\d+)\s+:(invoke|ok|fail|info)\s+:(read|write|cas)\s+(.*)$`)
var kv = regexp.MustCompile(`^\{:process (\d+), :type :(invoke|ok|fail|info), :f :(get|put|append), :key "(.*)", :value (nil|"(.*)")\}`)

func operations(text string) (history []porcupine.Operation, model porcupine.Model) {
	open := map[int]int{}
	model = store
	for at, line := range strings.Split(text, "\n") {
		var process int
		var kind string
		var in input
		var value string
		if m := jepsen.FindStringSubmatch(line); m != nil {
			model = register
			process, _ = strconv.Atoi(m[1])
			kind, value = m[2], strings.TrimSpace(m[4])
			in = input{op: names[m[3]], to: number(value)}
			if pair := strings.Fields(strings.Trim(value, "[]")); in.op == swaps && len(pair) == 2 {
				in.from, in.to = number(pair[0]), number(pair[1])
			}
		} else if m := kv.FindStringSubmatch(line); m != nil {
			process, _ = strconv.Atoi(m[1])
			kind, value = m[2], m[6]
			in = input{op: names[m[3]], key: m[4], text: value}
		} else {
			continue
		}
		if kind == "invoke" {
			open[process] = len(history)
			history = append(history, porcupine.Operation{ClientId: process, Input: in, Call: int64(at), Output: output{unknown: true}, Return: -1})
			continue
		}
		place, known := open[process]
		if !known {
			continue
		}
		op := &history[place]
		if kind == "ok" || (kind == "fail" && op.Input.(input).op == swaps) {
			op.Output, op.Return = output{text: value, value: number(value), ok: kind == "ok"}, int64(at)
		} else if kind == "fail" {
			op.Return = -2
		}
		delete(open, process)
	}
	var kept []porcupine.Operation
	for _, op := range history {
		if op.Return == -2 || (op.Return == -1 && op.Input.(input).op == reads) {
			continue
		}
		if op.Return == -1 {
			op.Return = 1 << 40
		}
		kept = append(kept, op)
	}
	return kept, model
}

func main() {
	filepath.Walk(os.Args[1], func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		history, model := operations(string(text))
		if len(history) == 0 {
			return nil
		}
		var times []int64
		var verdict porcupine.CheckResult
		for run := 0; run < 9; run++ {
			start := time.Now()
			verdict = porcupine.CheckOperationsTimeout(model, history, 20*time.Second)
			times = append(times, time.Since(start).Nanoseconds())
		}
		sort.Slice(times, func(i, j int) bool { return times[i] < times[j] })
		fmt.Println(filepath.Base(path), verdict, times[4])
		return nil
	})
}
