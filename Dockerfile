# One image for every part of the platform: the command chooses which, for example `serve intake --role api`.
# The base is pinned by tag. For builds that nobody can change from outside, write its digest behind both tags:
# python:3.13-slim-trixie@sha256:… (`docker buildx imagetools inspect python:3.13-slim-trixie` tells it).

FROM python:3.13-slim-trixie AS build
# A mirror of the package index may be named: --build-arg PIP_INDEX_URL=…; it is not kept in the image that is made.
ARG PIP_INDEX_URL
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
COPY deploy/image/build.lock deploy/image/runtime.lock ./
RUN python -m venv --without-pip /opt/rongcuo \
 && pip --python /opt/rongcuo/bin/python install --require-hashes --only-binary :all: -r runtime.lock \
 && pip install --require-hashes --only-binary :all: -r build.lock
COPY pyproject.toml README.md ./
COPY shared shared
COPY services services
COPY rongcuo rongcuo
RUN pip wheel --no-deps --no-build-isolation --wheel-dir wheel . \
 && pip --python /opt/rongcuo/bin/python install --no-deps wheel/rongcuo-*.whl

FROM python:3.13-slim-trixie
LABEL org.opencontainers.image.title="rongcuo" \
      org.opencontainers.image.description="容错纠错与澄清正名平台" \
      org.opencontainers.image.version="0.1.0.dev0"
RUN groupadd --gid 10001 rongcuo \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir / --shell /usr/sbin/nologin rongcuo
COPY --from=build /opt/rongcuo /opt/rongcuo
COPY deploy/kafka/acls.csv /etc/rongcuo/acls.csv
ENV PATH=/opt/rongcuo/bin:$PATH \
    LANG=C.UTF-8 \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    RONGCUO_HOST=0.0.0.0
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-m", "rongcuo.healthy"]
ENTRYPOINT ["rongcuo"]
CMD ["--help"]
