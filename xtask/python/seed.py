"""Gives the deployed secrets their local documents, and prints the key that local tokens are signed with.

    seed.py KEY_FOLDER < {"auth", "fcm", "vapid": the secrets' ids, "sinks_url", "vapid_private_key"}

The endpoint and the credentials come from the environment. Tokens have a key of its own for every start: one from another
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


def auth_document(key_folder: pathlib.Path, secret: str) -> dict:
    """What tokens are checked with."""
    encoded = base64.urlsafe_b64encode(secret.encode()).decode().rstrip("=")
    keys = [{"kid": "local", "alg": "HS256", "secret": encoded, "tenants": ["*"]}]
    for kid, (algorithm, name) in PUBLIC_KEYS.items():
        pem = (key_folder / f"{name}.public.pem").read_text()
        keys.append({"kid": kid, "alg": algorithm, "public_key": pem, "tenants": ["*"]})
    return {"issuer": ISSUER, "keys": keys}


def service_account(key_folder: pathlib.Path, sinks_url: str) -> dict:
    """As Google gives one, but for the stand-in. The sinks check no signature, so any RSA key does."""
    return {
        "type": "service_account",
        "project_id": "carillon-local",
        "private_key_id": "local-rs256",
        "private_key": (key_folder / "rs256.private.pem").read_text(),
        "client_email": "carillon@carillon-local.iam.gserviceaccount.com",
        "token_uri": f"{sinks_url}/oauth/token",
    }


def main(key_folder: pathlib.Path) -> None:
    """Puts all three."""
    asked, secret = json.load(sys.stdin), secrets.token_urlsafe(32)
    vapid = {"private_key": asked["vapid_private_key"], "subject": "mailto:carillon@example.com"}
    client = botocore.session.get_session().create_client("secretsmanager")
    for name, document in (("auth", auth_document(key_folder, secret)), ("vapid", vapid),
                           ("fcm", service_account(key_folder, asked["sinks_url"]))):
        client.put_secret_value(SecretId=asked[name], SecretString=json.dumps(document))
    print(json.dumps({"kid": "local", "secret": secret, "issuer": ISSUER}))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
