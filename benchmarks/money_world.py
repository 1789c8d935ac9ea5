"""A world of innocent transfers, and real laundering attempts implanted in it.

Households, firms, employers, shops, billers, agents that pass on nearly all that they get, groups that pool their cash:
most of what an attempt looks like is also done by somebody honest. Relations repeat, hubs are large, amounts of one
relation are alike, money comes back between friends and between firms that buy from one another.

The attempts are those of the public AMLworld patterns (IBM, CDLA-Sharing-1.0). Their accounts are renamed to accounts
of the world that are used anyway, and their days are shifted; amounts and the order inside an attempt stay.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

DAY = 86_400
# Units of each currency for a US dollar, rounded, September 2022: Federal Reserve, statistical release H.10.
PER_DOLLAR = {
    "USD": 1.0, "EUR": 1.01, "SAR": 3.76, "CNY": 7.02, "INR": 80.2, "RUB": 59.9, "CHF": 0.97, "AUD": 1.5, "GBP": 0.88,
    "CAD": 1.33, "MXN": 20.1, "JPY": 143.0, "BRL": 5.24, "ILS": 3.43, "BTC": 0.00005,
}  # fmt: skip
NAMES = {
    "US Dollar": "USD", "Euro": "EUR", "Saudi Riyal": "SAR", "Yuan": "CNY", "Rupee": "INR", "Ruble": "RUB",
    "Swiss Franc": "CHF", "Australian Dollar": "AUD", "UK Pound": "GBP", "Canadian Dollar": "CAD",
    "Mexican Peso": "MXN", "Yen": "JPY", "Brazil Real": "BRL", "Shekel": "ILS", "Bitcoin": "BTC",
}  # fmt: skip
Array = npt.NDArray[Any]


@dataclass(frozen=True)
class World:
    """Transfers as columns, and which attempt each belongs to.

    Attributes:
        payer, payee: shape (n,), numbers of accounts.
        time: shape (n,), seconds from the world's first moment.
        amount: shape (n,), in the currency.
        currency: shape (n,), ISO 4217.
        attempt: shape (n,), number of the attempt, -1 for innocent.
        families: the family of each attempt.
    """

    payer: Array
    payee: Array
    time: Array
    amount: Array
    currency: Array
    attempt: Array
    families: tuple[str, ...]


def innocent(transfers: int, seed: int, days: int = 18) -> dict[str, Array]:
    """About `transfers` innocent transfers over `days` days, as columns; exactly that many are kept."""
    rng = np.random.default_rng(seed)
    people, firms = transfers // 6, transfers // 40
    person, firm = np.arange(people), people + np.arange(firms)
    size = rng.pareto(1.1, firms) + 1
    big = firm[np.argsort(-size)]  # the largest first
    parts = [
        _payroll(rng, person, firm, size, days),
        _shops(rng, person, big, int(transfers * 0.34), days),
        _bills(rng, person, big[: max(20, firms // 200)], days),
        _friends(rng, person, int(transfers * 0.16), days),
        _trade(rng, firm, size, int(transfers * 0.2), days),
        _agents(rng, rng.choice(firm, firms // 25, replace=False), np.concatenate([person, firm]), days),
        _pools(rng, firm, firms // 60, days),
        _anybody(rng, people + firms, int(transfers * 0.06), days),
    ]
    columns = [np.concatenate(part) for part in zip(*parts, strict=True)]
    payer, payee, time, dollars = columns
    home = rng.choice(list(PER_DOLLAR), people + firms, p=_shares())
    currency = np.where(rng.random(len(payer)) < 0.9, home[payer], home[payee])
    keep = rng.permutation(len(payer))[:transfers]
    rate = np.array([PER_DOLLAR[name] for name in currency[keep].tolist()])
    return {
        "payer": payer[keep],
        "payee": payee[keep],
        "time": time[keep].astype(np.int64) // 60 * 60,
        "amount": np.maximum(np.round(dollars[keep] * rate, 2), 0.01),
        "currency": currency[keep],
    }


def _shares() -> list[float]:
    shares = np.array([30, 25, 6, 8, 5, 4, 3, 3, 4, 3, 3, 3, 1.5, 1, 0.5])
    return (shares / shares.sum()).tolist()


def _clock(rng: np.random.Generator, many: int, days: int) -> Array:
    """Moments, more by day than by night and fewer at week-ends."""
    day = rng.integers(0, days, many)
    weekend = (day % 7 >= 5) & (rng.random(many) < 0.55)
    day = np.where(weekend, rng.integers(0, days, many), day)
    hour = np.clip(rng.normal(13.5, 4.2, many), 0, 23.98)
    return day * DAY + hour * 3600


def _money(rng: np.random.Generator, middle: Array | float, many: int, spread: float = 1.0) -> Array:
    return np.exp(rng.normal(np.log(middle), spread, many))


def _payroll(rng: np.random.Generator, person: Array, firm: Array, size: Array, days: int) -> tuple[Array, ...]:
    worker = person[rng.random(len(person)) < 0.6]
    boss = rng.choice(firm, len(worker), p=size / size.sum())
    twice = rng.random(len(worker)) < 0.4
    day = (boss * 7919 % days).astype(np.int64)
    wage = _money(rng, 1900, len(worker), 0.5)
    first = day * DAY + 9 * 3600 + rng.integers(0, 3600, len(worker))
    second = (day + 14) % days * DAY + 9 * 3600 + rng.integers(0, 3600, len(worker))
    return (
        np.concatenate([boss, boss[twice]]),
        np.concatenate([worker, worker[twice]]),
        np.concatenate([first, second[twice]]),
        np.concatenate([wage, wage[twice]]),
    )


def _shops(rng: np.random.Generator, person: Array, big: Array, many: int, days: int) -> tuple[Array, ...]:
    shop = big[np.minimum((len(big) * rng.random(many) ** 4).astype(np.int64), len(big) - 1)]
    buyer = person[np.minimum((len(person) * rng.random(many) ** 1.5).astype(np.int64), len(person) - 1)]
    back = rng.random(many) < 0.02  # a refund
    return (
        np.where(back, shop, buyer),
        np.where(back, buyer, shop),
        _clock(rng, many, days),
        _money(rng, 60, many, 1.2),
    )


def _bills(rng: np.random.Generator, person: Array, biller: Array, days: int) -> tuple[Array, ...]:
    payer = person[rng.random(len(person)) < 0.7]
    return payer, rng.choice(biller, len(payer)), _clock(rng, len(payer), days), _money(rng, 150, len(payer), 0.7)


def _friends(rng: np.random.Generator, person: Array, many: int, days: int) -> tuple[Array, ...]:
    """In circles of about thirty; what one pays, the other often pays back."""
    relations = many // 3
    one = rng.choice(person, relations)
    other = np.clip(one + rng.integers(-15, 16, relations), 0, len(person) - 1)
    chosen = rng.integers(0, relations, many)
    flip = rng.random(many) < 0.35
    usual = _money(rng, 90, relations, 1.4)
    payer, payee = np.where(flip, other[chosen], one[chosen]), np.where(flip, one[chosen], other[chosen])
    return payer, payee, _clock(rng, many, days), usual[chosen] * _money(rng, 1, many, 0.3)


def _trade(rng: np.random.Generator, firm: Array, size: Array, many: int, days: int) -> tuple[Array, ...]:
    relations = many // 4
    weight = size / size.sum()
    buyer, seller = rng.choice(firm, relations, p=weight**0.7 / (weight**0.7).sum()), rng.choice(firm, relations)
    chosen = rng.integers(0, relations, many)
    flip = rng.random(many) < 0.08
    usual = _money(rng, 6000, relations, 1.6)
    return (
        np.where(flip, seller[chosen], buyer[chosen]),
        np.where(flip, buyer[chosen], seller[chosen]),
        _clock(rng, many, days),
        usual[chosen] * _money(rng, 1, many, 0.35),
    )


def _agents(rng: np.random.Generator, agent: Array, everybody: Array, days: int) -> tuple[Array, ...]:
    """Forwarders, notaries, brokers: they are paid and pay nearly all of it on within days."""
    each = rng.integers(3, 30, len(agent))
    who = np.repeat(agent, each)
    came = _clock(rng, len(who), days)
    amount = _money(rng, 4000, len(who), 1.2)
    went = np.minimum(came + rng.exponential(1.2 * DAY, len(who)), days * DAY - 60)
    share = rng.uniform(0.9, 0.995, len(who))
    return (
        np.concatenate([rng.choice(everybody, len(who)), who]),
        np.concatenate([who, rng.choice(everybody, len(who))]),
        np.concatenate([came, went]),
        np.concatenate([amount, amount * share]),
    )


def _pools(rng: np.random.Generator, firm: Array, many: int, days: int) -> tuple[Array, ...]:
    """Groups of firms that send their cash to one of them in the evening and get some back in the morning."""
    payer, payee, time, amount = [], [], [], []
    for _ in range(many):
        group = rng.choice(firm, int(rng.integers(4, 12)), replace=False)
        for day in range(0, days, int(rng.integers(1, 5))):
            sums = _money(rng, 9000, len(group) - 1, 0.8)
            payer += [*group[1:], *np.repeat(group[0], len(group) - 1)]
            payee += [*np.repeat(group[0], len(group) - 1), *group[1:]]
            time += [day * DAY + 18 * 3600] * (len(group) - 1) + [(day + 1) % days * DAY + 7 * 3600] * (len(group) - 1)
            amount += [*sums, *(sums * rng.uniform(0.3, 1.0, len(group) - 1))]
    return np.array(payer), np.array(payee), np.array(time, float), np.array(amount)


def _anybody(rng: np.random.Generator, accounts: int, many: int, days: int) -> tuple[Array, ...]:
    return (
        rng.integers(0, accounts, many),
        rng.integers(0, accounts, many),
        _clock(rng, many, days),
        _money(rng, 3000, many, 1.7),
    )


def attempts(path: Path) -> list[dict[str, Any]]:
    """The public laundering attempts, as they are."""
    return json.loads(path.read_text(encoding="utf-8"))


def implanted(world: dict[str, Array], known: list[dict[str, Any]], seed: int, days: int = 18) -> World:
    """The world with the attempts in it, in an order that says nothing."""
    rng = np.random.default_rng(seed)
    degree = np.bincount(world["payer"]) if len(world["payer"]) else np.zeros(1)
    used = np.flatnonzero((degree >= 1) & (degree <= np.quantile(degree[degree > 0], 0.99)))
    rows: list[tuple[int, int, int, float, str, int]] = []
    for number, attempt in enumerate(known):
        moments = [_moment(row["timestamp"]) for row in attempt["transactions"]]
        shift = int(rng.integers(0, max(1, days * DAY - (max(moments) - min(moments)) - 1))) - min(moments)
        names = {row[end] for row in attempt["transactions"] for end in ("from_account", "to_account")}
        account = dict(zip(sorted(names), rng.choice(used, len(names), replace=False).tolist(), strict=True))
        for row, moment in zip(attempt["transactions"], moments, strict=True):
            ends = account[row["from_account"]], account[row["to_account"]]
            rows.append(
                (*ends, (moment + shift) // 60 * 60, row["amount_paid"], NAMES[row["payment_currency"]], number)
            )
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    names = ("payer", "payee", "time", "amount", "currency")
    joined = {name: np.concatenate([world[name], column]) for name, column in zip(names, columns, strict=False)}
    attempt_of = np.concatenate([np.full(len(world["payer"]), -1), columns[5]])
    order = rng.permutation(len(attempt_of))
    return World(
        *(joined[name][order] for name in names), attempt_of[order], tuple(one["pattern_family"] for one in known)
    )


def _moment(text: str) -> int:
    return int(datetime.strptime(text, "%Y/%m/%d %H:%M").replace(tzinfo=UTC).timestamp())


def in_dollars(amount: Array, currency: Array) -> Array:
    """Amounts in US dollars at the rates above."""
    return amount / np.array([PER_DOLLAR[name] for name in currency.tolist()])
