#!/bin/sh
# Makes the certificates that the tests use; nobody else trusts them. They are valid whatever a machine takes the date for.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
: > "$work/index"
cat > "$work/config" << END
[ca]
default_ca = authority
[authority]
database = $work/index
new_certs_dir = $work
default_md = sha256
rand_serial = yes
unique_subject = no
policy = policy
[policy]
commonName = supplied
[signer]
basicConstraints = critical, CA:TRUE
[server]
subjectAltName = IP:127.0.0.1, DNS:localhost
[client]
extendedKeyUsage = clientAuth
END

# issue NAME EXTENSIONS OPTIONS-OF-OPENSSL-CA…
issue() {
  name=$1 extensions=$2
  shift 2
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=jobd test $name" \
    -keyout "$work/$name.key" -out "$work/$name.csr"
  openssl ca -batch -notext -config "$work/config" -extensions "$extensions" -in "$work/$name.csr" -out "$name.crt" \
    -startdate 20000101000000Z -enddate 21000101000000Z "$@"
}

issue authority signer -selfsign -keyfile "$work/authority.key"
issue server server -cert authority.crt -keyfile "$work/authority.key"
issue client client -cert authority.crt -keyfile "$work/authority.key"
issue stranger client -selfsign -keyfile "$work/stranger.key"
cp "$work/server.key" "$work/client.key" "$work/stranger.key" .
