"""The hosts that are known to be module proxies here."""

from __future__ import annotations

from probes.golang.environment import Environment
from probes.golang.goproxy import parse_goproxy
from probes.golang.urls import GoURL

PUBLIC = frozenset(
    {
        "proxy.golang.org", "goproxy.cn", "goproxy.io", "proxy.golang.com.cn", "mirrors.aliyun.com",
        "mirrors.huaweicloud.com", "mirrors.cloud.tencent.com", "athens.azurefd.net",
    }
)  # fmt: skip
"""Public module proxies that people paste from web pages."""


def is_proxy(url: GoURL, environment: Environment) -> bool:
    """Whether this is the server of a public proxy, or of one in GOPROXY."""
    hops = parse_goproxy(environment.get("GOPROXY")).hops
    servers = {_server(hop.url) for hop in hops if hop.url is not None and hop.url.scheme != "file"}
    return url.hostname() in PUBLIC or _server(url) in servers


def _server(url: GoURL) -> tuple[str, str]:
    """Host and port: behind another port is another server."""
    return url.hostname(), url.port() or ("80" if url.scheme == "http" else "443")
