# docker build -t partnerapi . && docker run -p 8000:8000 -v partnerapi:/var/lib/partnerapi partnerapi
FROM rust:1.95-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends build-essential
WORKDIR /source
COPY . .
RUN cargo build --release --locked --package partnerapi

FROM debian:bookworm-slim
# The certificates of partners and brokers are verified against these.
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/* \
  && useradd --system --create-home --home-dir /var/lib/partnerapi partnerapi
COPY --from=build /source/target/release/partnerapi /usr/local/bin/
USER partnerapi
WORKDIR /var/lib/partnerapi
VOLUME /var/lib/partnerapi
ENV PARTNERAPI_LISTEN=0.0.0.0:8000
EXPOSE 8000
ENTRYPOINT ["partnerapi"]
CMD ["serve"]
