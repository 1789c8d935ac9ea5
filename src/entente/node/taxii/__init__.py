"""A read-only TAXII 2.1 endpoint over what this node exchanged.

Source: https://docs.oasis-open.org/cti/taxii/v2.1/os/taxii-v2.1-os.html.

`shelf` knows what there is, `access` who may read what for which purpose, `answers` what a request gets, `server` how
it is served. Nothing can be written through it.
"""
