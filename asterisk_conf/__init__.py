"""Templates of every Asterisk file we own, and the pure renderer.

``render(BundleParams(queue="reception"))`` returns the files; `installer` knows where they go.
"""

from asterisk_conf.errors import ConfError, ParameterError, TemplateError
from asterisk_conf.params import AgiMode, BundleParams
from asterisk_conf.render import (
    Base,
    RenderedFile,
    render,
    render_ari,
    render_http,
    render_manager,
    render_modules,
    render_queue,
)

__all__ = [
    "AgiMode",
    "Base",
    "BundleParams",
    "ConfError",
    "ParameterError",
    "RenderedFile",
    "TemplateError",
    "render",
    "render_ari",
    "render_http",
    "render_manager",
    "render_modules",
    "render_queue",
]
