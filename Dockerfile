# Runs as a numeric user without a home, on a read-only root: the only folder it writes to, besides the report
# folder you mount, is the cache of compiled kernels, which is a volume and comes filled.
#
#   docker run --rm --read-only -v "$PWD:/audit" IMAGE audit --policies ... --inventory ... --flows ... --out report
#
# tests/test_dockerfile_steps.py reads this file and performs its steps without a container engine.

# Pin it by digest where you build releases: --build-arg PYTHON_IMAGE=...@sha256:...
ARG PYTHON_IMAGE=docker.io/library/python:3.13-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
COPY requirements ./requirements
RUN python -m venv /opt/tools \
 && /opt/tools/bin/pip install --require-hashes -r requirements/build.txt
# Without pip: nothing is installed in a running container.
RUN python -m venv --without-pip /opt/auditor \
 && /opt/tools/bin/pip --python /opt/auditor/bin/python install --require-hashes -r requirements/image.txt
COPY pyproject.toml README.md LICENSE CHANGELOG.md ./
COPY auditor ./auditor
COPY kernels ./kernels
RUN /opt/tools/bin/python -m build --wheel --no-isolation --outdir dist \
 && /opt/tools/bin/pip --python /opt/auditor/bin/python install --no-deps --no-index dist/*.whl

# Kernels are compiled while the image is built, so they must not depend on the machine that builds it: a fixed
# level of the architecture. Older machines need --build-arg CPU=x86-64-v2.
FROM ${PYTHON_IMAGE} AS cpu-amd64
ARG CPU=x86-64-v3
ENV NUMBA_CPU_NAME=${CPU}

FROM ${PYTHON_IMAGE} AS cpu-arm64
ARG CPU=generic
ENV NUMBA_CPU_NAME=${CPU}

FROM cpu-${TARGETARCH} AS run
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="flow-log-auditor" \
      org.opencontainers.image.description="Replays recorded flow logs against Kubernetes network policies" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
# No features beside the level above: the key of the cache holds them, and they differ from machine to machine.
ENV NUMBA_CPU_FEATURES="" \
    NUMBA_CACHE_DIR=/var/cache/auditor \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PATH=/opt/auditor/bin:/usr/local/bin:/usr/bin:/bin
COPY --from=build /opt/auditor /opt/auditor
RUN install -d -m 700 -o 65532 -g 65532 /var/cache/auditor /audit
USER 65532:65532
WORKDIR /audit
# Uses every kernel once, and shows that the image works.
RUN auditor demo --out /tmp/warm-up --flows 50000 --quiet \
 && python -m auditor.service.warming /tmp/warm-up/policies /tmp/warm-up/cluster.json \
 && rm -r /tmp/warm-up
VOLUME ["/var/cache/auditor"]
ENTRYPOINT ["auditor"]
CMD ["--help"]
