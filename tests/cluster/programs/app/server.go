package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Other paths than these are not found.
func newHandler(settings settings) http.Handler {
	started := time.Now()
	var hangs atomic.Bool
	if settings.hangAfter > 0 {
		time.AfterFunc(settings.hangAfter, func() {
			log.Print("deadlock: requests are no longer answered")
			hangs.Store(true)
		})
	}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /{$}", func(response http.ResponseWriter, request *http.Request) {
		writeJSON(response, map[string]string{
			"name": settings.name, "version": settings.version, "host": settings.host,
			"scheme": request.Header.Get("X-Forwarded-Proto"),
		})
	})
	routes.HandleFunc("GET /live", func(response http.ResponseWriter, _ *http.Request) { fmt.Fprintln(response, "live") })
	routes.HandleFunc("GET /ready", func(response http.ResponseWriter, _ *http.Request) {
		if settings.neverReady || time.Since(started) < settings.readyAfter {
			http.Error(response, "the cache is not filled", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(response, "ready")
	})
	routes.HandleFunc("POST /hang", func(response http.ResponseWriter, _ *http.Request) {
		hangs.Store(true)
		fmt.Fprintln(response, "no other request will be answered")
	})
	addTools(routes)
	return http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		if hangs.Load() {
			<-request.Context().Done()
			return
		}
		routes.ServeHTTP(response, request)
	})
}

// What tests ask a running program to do, or to see for them.
func addTools(routes *http.ServeMux) {
	routes.HandleFunc("GET /variables", func(response http.ResponseWriter, _ *http.Request) {
		variables := map[string]string{}
		for _, variable := range os.Environ() {
			name, value, _ := strings.Cut(variable, "=")
			variables[name] = value
		}
		writeJSON(response, variables)
	})
	routes.HandleFunc("GET /file", func(response http.ResponseWriter, request *http.Request) {
		content, err := os.ReadFile(request.FormValue("path"))
		if err != nil {
			http.Error(response, err.Error(), http.StatusNotFound)
			return
		}
		response.Write(content)
	})
	routes.HandleFunc("PUT /file", func(response http.ResponseWriter, request *http.Request) {
		content, err := io.ReadAll(request.Body)
		if err == nil {
			err = os.WriteFile(request.URL.Query().Get("path"), content, 0o644)
		}
		if err != nil {
			http.Error(response, err.Error(), http.StatusInternalServerError)
		}
	})
	routes.HandleFunc("GET /files", func(response http.ResponseWriter, request *http.Request) {
		entries, err := os.ReadDir(request.FormValue("path"))
		if err != nil {
			http.Error(response, err.Error(), http.StatusNotFound)
			return
		}
		names := []string{}
		for _, entry := range entries {
			names = append(names, entry.Name())
		}
		sort.Strings(names)
		writeJSON(response, names)
	})
	routes.HandleFunc("GET /connect", func(response http.ResponseWriter, request *http.Request) {
		fmt.Fprintln(response, connect(request.FormValue("to")))
	})
	routes.HandleFunc("GET /fetch", fetch)
	routes.HandleFunc("GET /lookup", func(response http.ResponseWriter, request *http.Request) {
		addresses, err := net.DefaultResolver.LookupHost(request.Context(), request.FormValue("name"))
		if err != nil {
			http.Error(response, err.Error(), http.StatusNotFound)
			return
		}
		writeJSON(response, addresses)
	})
	routes.HandleFunc("POST /exit", func(_ http.ResponseWriter, request *http.Request) {
		log.Print("fatal: asked to end")
		os.Exit(number(request, "code"))
	})
	routes.HandleFunc("POST /memory", func(_ http.ResponseWriter, request *http.Request) {
		allocate(number(request, "mb"))
	})
	routes.HandleFunc("POST /log", func(_ http.ResponseWriter, request *http.Request) {
		log.Print(request.FormValue("text"))
	})
	routes.HandleFunc("GET /slow", func(response http.ResponseWriter, request *http.Request) {
		time.Sleep(time.Duration(number(request, "ms")) * time.Millisecond)
		fmt.Fprintln(response, "done")
	})
	// Uses one processor core, for autoscaling.
	routes.HandleFunc("GET /busy", func(response http.ResponseWriter, request *http.Request) {
		for end := time.Now().Add(time.Duration(number(request, "ms")) * time.Millisecond); time.Now().Before(end); {
		}
		fmt.Fprintln(response, "done")
	})
	routes.HandleFunc("GET /stream", func(response http.ResponseWriter, request *http.Request) {
		for line := 1; request.Context().Err() == nil; line++ {
			fmt.Fprintln(response, line)
			http.NewResponseController(response).Flush()
			time.Sleep(time.Second)
		}
	})
}

func fetch(response http.ResponseWriter, request *http.Request) {
	client := http.Client{Timeout: 4 * time.Second}
	answer, err := client.Get(request.FormValue("url"))
	if err != nil {
		http.Error(response, err.Error(), http.StatusBadGateway)
		return
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(answer.Body, 4096))
	response.WriteHeader(answer.StatusCode)
	response.Write(body)
}

func number(request *http.Request, name string) int {
	value, _ := strconv.Atoi(request.FormValue(name))
	return value
}

func writeJSON(response http.ResponseWriter, value any) {
	response.Header().Set("Content-Type", "application/json")
	json.NewEncoder(response).Encode(value)
}
