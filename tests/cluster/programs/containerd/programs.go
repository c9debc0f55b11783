//go:build never

// The programs are compiled from their own module by their paths (scripts/cluster-programs). This file keeps their
// versions and checksums in go.mod and go.sum.
package main

import (
	_ "github.com/containerd/containerd/v2/cmd/containerd"
	_ "github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2"
	_ "github.com/containerd/containerd/v2/cmd/ctr"
)
