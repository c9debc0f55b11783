// Command app is the program in the images that the tests deploy. It serves HTTP, and misbehaves as its environment
// variables say (settings.go) and as it is asked to by requests (server.go). An argument NAME=VALUE sets a variable.
// Called as pause, it is the container that holds a pod's network.
package main

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

func main() {
	log.SetFlags(0)
	log.SetOutput(os.Stdout)
	if filepath.Base(os.Args[0]) == "pause" {
		pause()
		return
	}
	settings, err := readSettings(os.Args[1:])
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("%s %s starts as user %d", settings.name, settings.version, os.Getuid())
	misbehave(settings)
	serve(settings)
}

func pause() {
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM, syscall.SIGINT)
	<-end
}

// Does what happens at the start and beside the server.
func misbehave(settings settings) {
	if settings.writeFile != "" {
		if err := os.WriteFile(settings.writeFile, []byte(settings.version+"\n"), 0o644); err != nil {
			log.Fatal(err)
		}
	}
	if settings.connect != "" {
		log.Print(connect(settings.connect))
	}
	if settings.memoryMB > 0 {
		allocate(settings.memoryMB)
	}
	if settings.exitCode >= 0 {
		exit := func() {
			log.Printf("fatal: the database at db:5432 does not answer, exit code %d", settings.exitCode)
			os.Exit(settings.exitCode)
		}
		if settings.exitAfter == 0 {
			exit()
		}
		time.AfterFunc(settings.exitAfter, exit)
	}
	if settings.logEvery > 0 {
		go func() {
			for line := 1; ; line++ {
				log.Printf("line %d of %s", line, settings.host)
				time.Sleep(settings.logEvery)
			}
		}()
	}
	time.Sleep(settings.startAfter)
}

// Serves until SIGTERM, then answers what has been asked and ends.
func serve(settings settings) {
	listener, err := net.Listen("tcp", settings.address)
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("listening on %s", settings.address)
	server := &http.Server{Handler: newHandler(settings)}
	drained := make(chan struct{})
	if settings.ignoreTerm {
		signal.Ignore(syscall.SIGTERM)
	} else {
		end := make(chan os.Signal, 1)
		signal.Notify(end, syscall.SIGTERM)
		go func() {
			<-end
			log.Print("SIGTERM: answers open requests, then ends")
			timeout, cancel := context.WithTimeout(context.Background(), 20*time.Second)
			defer cancel()
			if err := server.Shutdown(timeout); err != nil {
				log.Print(err)
			}
			close(drained)
		}()
	}
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
	<-drained
	log.Print("ended")
}

var memory [][]byte

// Takes memory and writes to it, so that it counts.
func allocate(megabytes int) {
	for range megabytes {
		block := make([]byte, 1<<20)
		for i := range block {
			block[i] = byte(i)
		}
		memory = append(memory, block)
		time.Sleep(5 * time.Millisecond)
	}
	log.Printf("holds %d MB", len(memory))
}

func connect(address string) string {
	connection, err := net.DialTimeout("tcp", address, 3*time.Second)
	if err != nil {
		return "not connected: " + err.Error()
	}
	connection.Close()
	return "connected to " + address
}
