# Sourced by the scripts that generate bindings.

# Sets jextract and mvn, or says what is missing and returns 1.
find_jextract() {
  if [ -n "${JEXTRACT_HOME:-}" ]; then
    jextract="$JEXTRACT_HOME/bin/jextract"
  else
    jextract=$(command -v jextract || true)
  fi
  if [ ! -x "$jextract" ]; then
    echo "$1: no jextract: set JEXTRACT_HOME to its folder, or put it on PATH" >&2
    return 1
  fi
  mvn=mvn
  [ ! -x ./mvnw ] || mvn=./mvnw
}

# Replaces the checked-in bindings of a package under dev.awp.ffm by those that were written to a folder.
take_bindings() {
  # jextract describes the machine that it runs on. C's long and long double, which none of the
  # functions takes, have other layouts on Windows, where these two constants would throw.  size_t,
  # which it takes for a long, has 64 bits on every machine that awp runs on.
  for file in "$1/dev/awp/ffm/$2"/*.java; do
    sed -e '/ C_LONG = /d' -e '/ C_LONG_DOUBLE = /d' -e 's/\.C_LONG\([^_]\)/.C_LONG_LONG\1/' -e 's/\.C_LONG$/.C_LONG_LONG/' "$file" >"$file.portable"
    mv "$file.portable" "$file"
  done
  target="ffm-bindings/src/main/java/dev/awp/ffm/$2"
  rm -rf "$target"
  mkdir -p "$target"
  cp "$1/dev/awp/ffm/$2"/*.java "$target"
}
