#!/bin/sh
# Installs Acuse's own wheel and gives each program its part: the core, the cluster's library, itself.
set -eu

mkdir -p requirements
cp wheels/image-own.txt requirements/
sh images/install.sh own

site=usr/local/lib/python3.11/dist-packages
for program in operator webhook workers console; do
  mkdir -p "/out/$program"
  cp -a /out/own/. "/out/$program/"
  for package in "/out/$program/$site"/acuse_*; do
    case ${package##*/acuse_} in
      "$program" | cluster) ;;
      # Metadata is called acuse-VERSION.dist-info and is not met here.
      *) rm -rf "$package" ;;
    esac
  done
done
