// Command load sends requests at a steady rate, and prints as JSON how many there were and which failed.
//
//	load -url https://app.example.org/ -connect 192.0.2.2:443 -rate 200 -seconds 60 -new-connections
//
// Without -seconds it goes on until SIGTERM or SIGINT.
package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
	"time"
)

type report struct {
	Requests int `json:"requests"`
	Failed   int `json:"failed"`
	// Answers by the version that gave them.
	Versions map[string]int `json:"versions"`
	// The first failures, with the time since the start.
	Failures []string `json:"failures"`
	// Milliseconds.
	Median  float64 `json:"median_ms"`
	P99     float64 `json:"p99_ms"`
	Longest float64 `json:"longest_ms"`
}

func main() {
	url := flag.String("url", "", "what is requested")
	connect := flag.String("connect", "", "address to connect to instead of the URL's host")
	rate := flag.Int("rate", 200, "requests a second")
	seconds := flag.Int("seconds", 0, "how long")
	newConnections := flag.Bool("new-connections", false, "a connection for each request")
	flag.Parse()

	dialer := net.Dialer{}
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: *newConnections, MaxIdleConnsPerHost: 64,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if *connect != "" {
				address = *connect
			}
			return dialer.DialContext(ctx, network, address)
		},
	}}
	end, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if *seconds > 0 {
		end, stop = context.WithTimeout(end, time.Duration(*seconds)*time.Second)
		defer stop()
	}
	result := run(end, client, *url, *rate)
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(end context.Context, client *http.Client, url string, rate int) report {
	var lock sync.Mutex
	var open sync.WaitGroup
	result := report{Versions: map[string]int{}, Failures: []string{}}
	var took []time.Duration
	start := time.Now()
	ticker := time.NewTicker(time.Second / time.Duration(rate))
	defer ticker.Stop()
	for end.Err() == nil {
		select {
		case <-end.Done():
		case <-ticker.C:
			open.Go(func() {
				asked := time.Now()
				version, err := request(client, url)
				lock.Lock()
				defer lock.Unlock()
				took = append(took, time.Since(asked))
				result.Requests++
				if err == nil {
					result.Versions[version]++
					return
				}
				result.Failed++
				if len(result.Failures) < 20 {
					result.Failures = append(result.Failures, fmt.Sprintf("after %.1f s: %v", asked.Sub(start).Seconds(), err))
				}
			})
		}
	}
	open.Wait()
	if len(took) > 0 {
		slices.Sort(took)
		at := func(part float64) float64 { return took[int(float64(len(took)-1)*part)].Seconds() * 1000 }
		result.Median, result.P99, result.Longest = at(0.5), at(0.99), at(1)
	}
	return result
}

// The version of the app that answered.
func request(client *http.Client, url string) (string, error) {
	response, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("status %d: %.80s", response.StatusCode, body)
	}
	var answer struct{ Version string }
	json.Unmarshal(body, &answer)
	return answer.Version, nil
}
