"""The hosts that are known to be module proxies here."""

from __future__ import annotations

from probes.golang.environment import Environment
from probes.golang.goproxy import parse_goproxy

PUBLIC = frozenset(
    {
        "proxy.golang.org", "goproxy.cn", "goproxy.io", "proxy.golang.com.cn", "mirrors.aliyun.com",
        "mirrors.huaweicloud.com", "mirrors.cloud.tencent.com", "athens.azurefd.net",
    }
)  # fmt: skip
"""Public module proxies that people paste from web pages."""


def proxy_hosts(environment: Environment) -> frozenset[str]:
    """Public proxies, and those of GOPROXY."""
    hops = parse_goproxy(environment.get("GOPROXY")).hops
    return PUBLIC | {hop.url.hostname() for hop in hops if hop.url is not None and hop.url.scheme != "file"}
