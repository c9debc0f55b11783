package main

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

type settings struct {
	name, version, host string
	// LISTEN_HOST:LISTEN_PORT; without them all addresses, and PORT.
	address string
	// EXIT_CODE: ends with this code, after EXIT_AFTER seconds. -1 is none.
	exitCode  int
	exitAfter time.Duration
	// START_AFTER: seconds until it listens.
	startAfter time.Duration
	// READY_AFTER: seconds until /ready says so; NEVER_READY: it never does.
	readyAfter time.Duration
	neverReady bool
	// HANG_AFTER: seconds until requests are no longer answered. 0 is never.
	hangAfter time.Duration
	// IGNORE_TERM: goes on after SIGTERM.
	ignoreTerm bool
	// MEMORY_MB: what it allocates at its start.
	memoryMB int
	// LOG_EVERY_MS: time between lines of the log.
	logEvery time.Duration
	// CONNECT: an address, to which it connects at its start and logs whether it could.
	connect string
	// WRITE_FILE: a file that it must be able to write at its start.
	writeFile string
}

func readSettings(arguments []string) (settings, error) {
	for _, argument := range arguments {
		name, value, found := strings.Cut(argument, "=")
		if !found {
			return settings{}, fmt.Errorf("unknown argument %q", argument)
		}
		if err := os.Setenv(name, value); err != nil {
			return settings{}, err
		}
	}
	host, err := os.Hostname()
	if err != nil {
		return settings{}, err
	}
	var invalid error
	number := func(name string, otherwise int) int {
		value := os.Getenv(name)
		if value == "" {
			return otherwise
		}
		parsed, err := strconv.Atoi(value)
		if err != nil {
			invalid = fmt.Errorf("%s=%s is not a number", name, value)
		}
		return parsed
	}
	seconds := func(name string) time.Duration { return time.Duration(number(name, 0)) * time.Second }
	result := settings{
		name:       text("NAME", "app"),
		version:    text("VERSION", "v1"),
		host:       host,
		address:    net.JoinHostPort(os.Getenv("LISTEN_HOST"), text("LISTEN_PORT", text("PORT", "8080"))),
		exitCode:   number("EXIT_CODE", -1),
		exitAfter:  seconds("EXIT_AFTER"),
		startAfter: seconds("START_AFTER"),
		readyAfter: seconds("READY_AFTER"),
		neverReady: os.Getenv("NEVER_READY") != "",
		hangAfter:  seconds("HANG_AFTER"),
		ignoreTerm: os.Getenv("IGNORE_TERM") != "",
		memoryMB:   number("MEMORY_MB", 0),
		logEvery:   time.Duration(number("LOG_EVERY_MS", 0)) * time.Millisecond,
		connect:    os.Getenv("CONNECT"),
		writeFile:  os.Getenv("WRITE_FILE"),
	}
	return result, invalid
}

func text(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
