"""`gevent_urllib.py LIST AT_ONCE [CA]`: what a Python programmer writes who needs a list of files: gevent
makes urllib's sockets park, a pool says how many at once. urllib opens a connection for each request."""

from gevent import monkey

monkey.patch_all()

import os
import shutil
import ssl
import sys
from urllib.parse import urlsplit
from urllib.request import urlopen

from gevent.pool import Pool

source, at_once, *rest = sys.argv[1:]
context = ssl.create_default_context(cafile=rest[0]) if rest else None


def download(url):
    with urlopen(url, context=context) as body:
        with open(os.path.basename(urlsplit(url).path), "wb") as file:
            shutil.copyfileobj(body, file, 1 << 18)


pool = Pool(int(at_once))
with open(source) as lines:
    tasks = [pool.spawn(download, line.strip()) for line in lines]
for task in tasks:
    task.get()
