# Debian 12 with all that gibbs is built with, and gibbs in it, for the commands of README.md:
#
#   docker build --tag gibbs .
#   docker run --rm --interactive --tty gibbs                      scripts/train.sh
#   docker run --rm --interactive --tty gibbs scripts/test.sh
#
# Programs are compiled when the container runs, for the CPU that it runs on. The packages are those that the scripts install
# anywhere (scripts/packages.txt). .devcontainer/ takes the first stage alone, and works on a folder outside.
FROM debian:12 AS packages
COPY scripts/common.sh scripts/packages.txt /opt/gibbs/scripts/
RUN bash -euc 'source /opt/gibbs/scripts/common.sh; \
               packages+=(git gdb clang-format-14 graphviz shellcheck); \
               install_packages; \
               rm -rf /var/lib/apt/lists/*'

FROM packages
WORKDIR /gibbs
COPY . .
CMD ["scripts/train.sh"]
