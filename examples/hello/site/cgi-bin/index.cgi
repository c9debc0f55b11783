#!/bin/sh
# The page: a greeting, and the variables of the service. The web server runs this script for each request.

escape() { /bin/busybox sed -e 's/&/\&amp;/g' -e 's/</\&lt;/g' -e 's/"/\&quot;/g'; }

# Process 1 is the web server; its environment is that of the container. The first line of a value is enough.
rows() {
  /bin/busybox tr '\000' '\n' < /proc/1/environ | /bin/busybox grep '^[A-Za-z_][A-Za-z0-9_]*=' | /bin/busybox sort |
    while IFS='=' read -r name value; do
      # A page must not show secrets.
      case $name in *KEY*|*PASSWORD*|*SECRET*|*TOKEN*) value='(not shown)' ;; esac
      echo "<tr><th>$name</th><td>$(echo "$value" | escape)</td></tr>"
    done
}

echo 'Content-Type: text/html; charset=utf-8'
echo
echo '<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Hello</title>'
echo '<style>body{font:16px system-ui;margin:3rem auto;max-width:40rem}th{text-align:left;padding-right:2rem}</style>'
echo "<h1>$(echo "${GREETING:-Hello from NoKube}" | escape)</h1>"
echo '<p>This page shows the variables of its service.</p>'
echo "<table>$(rows)</table></html>"
