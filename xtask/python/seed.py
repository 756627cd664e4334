"""Gives the deployed auth secret its local document, and prints the key that local tokens are signed with.

    seed.py SECRET_ID KEY_FOLDER

The endpoint and the credentials come from the environment. A key of its own for every start: a token from another
stack, or from yesterday, is refused.
"""

import base64
import json
import pathlib
import secrets
import sys

import botocore.session

ISSUER = "carillon-local"
PUBLIC_KEYS = {"local-rs256": ("RS256", "rs256"), "local-es256": ("ES256", "es256"), "local-eddsa": ("EdDSA", "eddsa")}


def main(secret_id: str, key_folder: str) -> None:
    secret = secrets.token_urlsafe(32)
    encoded = base64.urlsafe_b64encode(secret.encode()).decode().rstrip("=")
    keys = [{"kid": "local", "alg": "HS256", "secret": encoded, "tenants": ["*"]}]
    for kid, (algorithm, name) in PUBLIC_KEYS.items():
        pem = pathlib.Path(key_folder, f"{name}.public.pem").read_text()
        keys.append({"kid": kid, "alg": algorithm, "public_key": pem, "tenants": ["*"]})
    client = botocore.session.get_session().create_client("secretsmanager")
    client.put_secret_value(SecretId=secret_id, SecretString=json.dumps({"issuer": ISSUER, "keys": keys}))
    print(json.dumps({"kid": "local", "secret": secret, "issuer": ISSUER}))


if __name__ == "__main__":
    main(*sys.argv[1:])
