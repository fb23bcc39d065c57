// The work of tools/bench/gc_pauses.py in Go: the same table, the same mix, the same lines of JSON.
//
// usage: gc_pauses CONTAINERS MUTATORS SECONDS [COLLECTIONS AT_MOST [AGE]]
//
// Units are slices, maps and structs. Go's collector has one generation: every collection is one of the whole heap. A finalizer keeps a
// cycle that it belongs to alive, so the watched cycles refer to an object beside them that has one.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	operations    = 8
	garbageInStep = 6.25
	long          = 102400
	bin           = 10
	row           = 1000
	look          = 20000000
)

type node struct{ itself, x, y, z any }
type slot struct{ unit, a, b any }
type table [][]*slot

var start = time.Now()

func clock() int64 { return int64(time.Since(start)) }

func makeUnit(kind int, x, y, z any) any {
	switch kind {
	case 0:
		unit := []any{nil, x, y, z}
		unit[0] = unit
		return unit
	case 1:
		unit := map[string]any{"x": x, "y": y, "z": z}
		unit["itself"] = unit
		return unit
	case 2:
		unit := &node{x: x, y: y, z: z}
		unit.itself = unit
		return unit
	default:
		unit := &node{x: x, y: y, z: z}
		unit.itself = []any{unit, x, y}
		return unit
	}
}

func next(number int64) int64 { return (number*1103515245 + 12345) & 0x7FFFFFFF }
func at(number int64, shift uint, count int) int {
	return int((number >> shift) % int64(count))
}

func replace(rows, all table, number int64) {
	own := rows[at(number, 8, len(rows))]
	place := at(number, 4, len(own))
	other := all[at(number, 9, len(all))]
	own[place].unit = makeUnit(place&3, other[at(number, 6, len(other))], other[at(number, 11, len(other))], own[at(number, 13, len(own))])
}

func build(units int) table {
	var all table
	for first := 0; first < units; first += row {
		count := row
		if units-first < row {
			count = units - first
		}
		slots := make([]*slot, count)
		for index := range slots {
			slots[index] = &slot{}
		}
		all = append(all, slots)
	}
	number := int64(1)
	for _, own := range all {
		for place, it := range own {
			number = next(number)
			other := all[at(number, 8, len(all))]
			it.a = other[at(number, 5, len(other))]
			it.b = other[at(number, 12, len(other))]
			it.unit = makeUnit(place&3, other[at(number, 7, len(other))], other[at(number, 10, len(other))], own[at(number, 14, len(own))])
		}
	}
	return all
}

type mutator struct {
	all, rows           table
	number              int64
	began, ended, steps int64
	watched             int64
	reclaimed           int64 // atomic
	bins                [long >> bin]int64
	gapAt, gapLength    []int64
	lookAt, lookAlive   []int64
	local               any
}

func (m *mutator) work() {
	for turn := 0; turn < operations; turn++ {
		m.number = next(m.number)
		number := m.number
		switch turn {
		case 0, 4:
			first := map[string]any{"number": number}
			first["link"] = []any{first}
			m.local = first
		case 1:
			replace(m.rows, m.all, number)
		case 2, 6:
			own := m.rows[at(number, 8, len(m.rows))]
			other := m.all[at(number, 9, len(m.all))]
			it := own[at(number, 4, len(own))]
			if turn == 2 {
				it.a = other[at(number, 6, len(other))]
			} else {
				it.b = other[at(number, 6, len(other))]
			}
		case 3:
			n := &node{x: number}
			n.itself = n
			m.local = n
		default:
			m.local = &node{x: number, y: []any{number, []any{number, turn}}}
		}
	}
}

type witness struct{ number int64 }

func (m *mutator) watch() {
	w := &witness{m.number}
	runtime.SetFinalizer(w, func(*witness) { atomic.AddInt64(&m.reclaimed, 1) })
	n := &node{x: w}
	n.itself = n
	m.local = n
	m.watched++
}

var atStart uint32

func completed() int64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.NumGC - atStart)
}

func (m *mutator) run(seconds float64, collections int64, atMost float64) {
	m.began = clock()
	now := m.began
	end := m.began + int64(seconds*1e9)
	last := m.began + int64(atMost*1e9)
	nextLook := m.began + look
	for {
		m.work()
		before := now
		now = clock()
		gap := now - before
		if gap < long {
			m.bins[gap>>bin]++
		} else {
			m.gapAt = append(m.gapAt, before)
			m.gapLength = append(m.gapLength, gap)
		}
		m.steps++
		if m.steps&63 == 0 {
			m.watch()
		}
		if now >= nextLook {
			m.lookAt = append(m.lookAt, now)
			m.lookAlive = append(m.lookAlive, m.watched-atomic.LoadInt64(&m.reclaimed))
			nextLook = now + look
			if now >= end && (now >= last || completed() >= collections) {
				break
			}
		}
	}
	m.ended = now
}

func list(values []int64) string {
	text := make([]string, len(values))
	for index, value := range values {
		text[index] = strconv.FormatInt(value, 10)
	}
	return "[" + strings.Join(text, ",") + "]"
}

func report(phase string, began int64) {
	fmt.Printf("{\"phase\": \"%s\", \"nanoseconds\": %d}\n", phase, clock()-began)
}

func main() {
	arguments := os.Args[1:]
	if count := len(arguments); count != 3 && count != 5 && count != 6 {
		fmt.Fprintln(os.Stderr, "usage: gc_pauses CONTAINERS MUTATORS SECONDS [COLLECTIONS AT_MOST [AGE]]")
		os.Exit(2)
	}
	containers, _ := strconv.Atoi(arguments[0])
	mutators, _ := strconv.Atoi(arguments[1])
	seconds, _ := strconv.ParseFloat(arguments[2], 64)
	collections, atMost, factor := int64(0), seconds, 2.0
	if len(arguments) > 3 {
		collections, _ = strconv.ParseInt(arguments[3], 10, 64)
		atMost, _ = strconv.ParseFloat(arguments[4], 64)
	}
	if len(arguments) > 5 {
		factor, _ = strconv.ParseFloat(arguments[5], 64)
	}
	units := containers * 4 / 9
	if mutators < 1 || units < mutators*row || seconds <= 0 {
		fmt.Fprintf(os.Stderr, "gc_pauses: every mutator needs %d containers, and some time\n", row*9/4+1)
		os.Exit(2)
	}
	began := clock()
	all := build(units)
	report("built", began)
	began = clock()
	number := int64(2)
	for turn := 0; turn < int(float64(units)*factor); turn++ {
		number = next(number)
		replace(all, all, number)
	}
	runtime.GC()
	report("aged", began)
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	atStart = stats.NumGC
	crew := make([]*mutator, mutators)
	var group sync.WaitGroup
	began = clock()
	for index := range crew {
		m := &mutator{all: all, number: 12345 + 7919*int64(index)}
		for own := index; own < len(all); own += mutators {
			m.rows = append(m.rows, all[own])
		}
		crew[index] = m
		group.Add(1)
		go func() {
			// A thread of its own, as in the other programs.
			runtime.LockOSThread()
			m.run(seconds, collections, atMost)
			group.Done()
		}()
	}
	group.Wait()
	ended := clock()
	done := completed()
	report("measured", began)
	var steps, watched, reclaimed int64
	for _, m := range crew {
		fmt.Printf("{\"mutator\": {\"began\": %d, \"ended\": %d, \"steps\": %d, \"binNanoseconds\": %d, \"bins\": %s, \"gapAt\": %s, \"gapLength\": %s, "+
			"\"lookAt\": %s, \"lookAlive\": %s, \"watched\": %d, \"garbage\": %d}}\n",
			m.began, m.ended, m.steps, 1<<bin, list(m.bins[:]), list(m.gapAt), list(m.gapLength), list(m.lookAt), list(m.lookAlive),
			m.watched, int64(float64(m.steps)*garbageInStep)+m.watched)
		steps += m.steps
		watched += m.watched
		reclaimed += atomic.LoadInt64(&m.reclaimed)
	}
	fmt.Printf("{\"began\": %d, \"ended\": %d, \"operations\": %d, \"completed\": %d, \"full\": %d, \"collected\": 0, \"watched\": %d, "+
		"\"reclaimed\": %d, \"table\": %d, \"live\": -1, \"kept\": -1}\n",
		began, ended, steps*operations, done, done, watched, reclaimed, containers)
	runtime.KeepAlive(all)
}
