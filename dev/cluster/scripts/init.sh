# The first process in the namespaces of a cluster. When it ends, the kernel kills all others.
set -e
root=$1
# /proc still is the machine's: the process id as others see it.
read -r pid rest </proc/self/stat
mount -t proc proc /proc

# Kubernetes and containerd also write to fixed folders. None of that reaches the machine's.
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/log
mkdir -p "$root/lib/upper" "$root/lib/work" /run/netns
mount -t overlay overlay -o "lowerdir=/var/lib,upperdir=$root/lib/upper,workdir=$root/lib/work" /var/lib

# The kubelet sets these for the whole machine, unless they have the values that it wants: here they seem to.
mkdir "$root/sysctl"
for setting in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 \
  kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
  file=$root/sysctl/$(echo "${setting%=*}" | tr / .)
  echo "${setting#*=}" >"$file"
  mount --bind "$file" "/proc/sys/${setting%=*}"
done

# One control group for each node in every hierarchy.
for hierarchy in /sys/fs/cgroup/*/; do
  [ -f "$hierarchy/cgroup.procs" ] || continue
  for group in nokube-cluster nokube-cluster/node1 nokube-cluster/node2; do
    mkdir "$hierarchy/$group"
    for setting in cpuset.cpus cpuset.mems; do
      [ ! -f "$hierarchy/$setting" ] || cat "$hierarchy/$setting" >"$hierarchy/$group/$setting"
    done
  done
done

# A bridge in the control plane's namespace connects the nodes and the machine.
for namespace in control node1 node2; do
  ip netns add "$namespace"
  ip -n "$namespace" link set lo up
  # The settings of the network belong to a namespace: /proc/sys/net shows those of the process.
  nsenter --net="/run/netns/$namespace" sh -c '
    echo 1 >/proc/sys/net/ipv4/ip_forward
    echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter
    echo 0 >/proc/sys/net/ipv4/conf/default/rp_filter
    echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6 || true'
done
ip -n control link add bridge0 type bridge
ip -n control addr add 10.240.0.2/24 dev bridge0
ip -n control link set bridge0 up
# Where clouds serve the metadata of machines. The API server listens there as well, so a connection would succeed.
ip -n control addr add 169.254.169.254/32 dev lo
ip link add nokube0 type veth peer name machine netns control
ip -n control link set machine master bridge0 up
ip addr add 10.240.0.1/24 dev nokube0
ip link set nokube0 up
for number in 1 2; do
  ip -n "node$number" link add eth0 type veth peer name "node$number" netns control
  ip -n control link set "node$number" master bridge0 up
  ip -n "node$number" addr add "10.240.0.1$number/24" dev eth0
  ip -n "node$number" link set eth0 up
  ip -n "node$number" route add default via 10.240.0.2
done
ip -n node1 route add 10.244.2.0/24 via 10.240.0.12
ip -n node2 route add 10.244.1.0/24 via 10.240.0.11
ip -n control route add 10.244.1.0/24 via 10.240.0.11
ip -n control route add 10.244.2.0/24 via 10.240.0.12

echo "ready $pid"
# `wait` also collects processes whose parents have ended.
exec 3<&0
cat <&3 >/dev/null &
wait $!
