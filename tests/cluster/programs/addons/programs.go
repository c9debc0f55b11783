//go:build never

// These programs are compiled from their own modules by their paths (scripts/cluster-programs). This file keeps their
// versions and checksums in go.mod and go.sum.
package main

import (
	_ "github.com/cloudnativelabs/kube-router/v2/cmd/kube-router"
	_ "github.com/traefik/traefik/v3/cmd/traefik"
	_ "sigs.k8s.io/metrics-server/cmd/metrics-server"
)
