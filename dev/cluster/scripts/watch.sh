# Holds a cluster's namespaces until its standard input is closed, which the kernel does when the process that
# started it ends, even by SIGKILL. Then removes what the kernel does not: control groups and files.
root=$1 lock=$2 init=$3

remove_leftovers() {
  ip link delete nokube0 2>/dev/null
  for group in /sys/fs/cgroup/*/nokube-cluster; do
    [ -d "$group" ] || continue
    for _ in 1 2 3 4 5 6 7 8 9 10; do
      find "$group" -depth -type d -exec rmdir {} \; 2>/dev/null
      [ -d "$group" ] || break
      sleep 0.2
    done
  done
  rm -rf "$root"
}

# The processes of the cluster inherit the lock, so it is free when the last one has ended.
exec 9>>"$lock"
if ! flock --nonblock 9; then
  echo "Another cluster runs on this machine. Waiting until it has stopped." >&2
  flock 9
fi
remove_leftovers
mkdir -m 700 "$root" || exit 1
# In the background a shell takes standard input away, unless it is given explicitly.
unshare --pid --fork --kill-child --mount sh -c "$init" sh "$root" <&0
remove_leftovers
