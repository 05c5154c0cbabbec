# The archive of scripts/release on a bare Debian: docker build -t awp . && docker run --rm -v "$PWD:/data" -w /data awp --help
FROM eclipse-temurin:25-jdk AS build
RUN apt-get update && apt-get install -y --no-install-recommends maven && rm -rf /var/lib/apt/lists/*
COPY . /src
RUN /src/scripts/release && mkdir /awp && tar xzf /src/target/release/awp-*.tar.gz --strip-components 1 -C /awp

FROM debian:stable-slim
RUN apt-get update && apt-get install -y --no-install-recommends libstdc++6 && rm -rf /var/lib/apt/lists/*
COPY --from=build /awp /opt/awp
ENTRYPOINT ["/opt/awp/bin/awp"]
