"""The web server: threads, no control socket, no number in its own log either."""

from gunicorn.glogging import Logger

from hongji.logging import HideNumbers


class QuietLogger(Logger):
    """Gunicorn's log with the same filter as ours: on a fault it writes the address that was asked for."""

    def setup(self, cfg: object) -> None:
        super().setup(cfg)
        for handler in [*self.error_log.handlers, *self.access_log.handlers]:
            handler.addFilter(HideNumbers())


wsgi_app = "hongji.wsgi"
worker_class = "gthread"
workers = 2
threads = 8
timeout = 120
graceful_timeout = 20
# Phones keep a connection open; a proxy in front does so longer than the two seconds that are the default.
keepalive = 75
max_requests = 5000
max_requests_jitter = 500
logger_class = QuietLogger
# No control socket (an open door to the server's inside that nobody uses).
control_socket_disable = True
