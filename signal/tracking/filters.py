"""Interacting multiple models over many tracks at once: a Kalman filter of each track and model.

Tracks are the first axis, models the second; nothing loops over tracks. The models mix before each
prediction (Blom and Bar-Shalom, "The interacting multiple model algorithm", IEEE TAC 33(8), 1988),
and every update may weigh several measurements (probabilistic data association; Bar-Shalom, Daum,
Huang, IEEE Control Systems 29(6), 2009).
Cost: linear in tracks and in gated pairs, times models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .models import STATES, Array, MotionModel, transitions


@dataclass(frozen=True, slots=True)
class Bank:
    """Mean and covariance of each track under each model, and each model's probability.

    Parameters
    ----------
    mean : float64, shape (tracks, models, 6)
        Position in m, velocity in m/s.
    covariance : float64, shape (tracks, models, 6, 6)
    weight : float64, shape (tracks, models)
        Sums to 1 over the models.
    """

    mean: Array
    covariance: Array
    weight: Array


def start(
    positions_m: Array,
    covariances_m2: Array,
    models: int = 1,
    *,
    speed_sigma_m_s: float = 10.0,
    sight: Array | None = None,
    range_rates_m_s: Array | None = None,
    rate_sigma_m_s: float = 1.0,
) -> Bank:
    """Begin at measured positions; of the velocity only a range rate is known, if any.

    Parameters
    ----------
    positions_m, covariances_m2 : float64, shape (n, 3), (n, 3, 3)
    models : int
        Equally probable at first.
    speed_sigma_m_s : float
        How fast things are, on each axis.
    sight, range_rates_m_s : float64, shape (n, 3), (n,), optional
        Unit vectors from the radar, and the speeds along them.
    rate_sigma_m_s : float
    """
    count = len(positions_m)
    mean = np.zeros((count, STATES))
    covariance = np.zeros((count, STATES, STATES))
    mean[:, :3], covariance[:, :3, :3] = positions_m, covariances_m2
    covariance[:, 3:, 3:] = np.eye(3) * speed_sigma_m_s**2
    if sight is not None and range_rates_m_s is not None:
        trust = speed_sigma_m_s**2 / (speed_sigma_m_s**2 + rate_sigma_m_s**2)
        mean[:, 3:] = trust * range_rates_m_s[:, None] * sight
        along = sight[:, :, None] * sight[:, None, :]
        covariance[:, 3:, 3:] -= trust * speed_sigma_m_s**2 * along
    return Bank(
        np.repeat(mean[:, None], models, axis=1),
        np.repeat(covariance[:, None], models, axis=1),
        np.full((count, models), 1 / models),
    )


def predict(bank: Bank, models: Sequence[MotionModel], dt_s: float, stay_s: float = 5.0) -> Bank:
    """Move on by `dt_s`; a track keeps its model for `stay_s` on average."""
    if dt_s <= 0 or not len(bank.mean):
        return bank
    bank = _interact(bank, dt_s, stay_s)
    transition, noise = transitions(tuple(models), dt_s)
    mean = (transition @ bank.mean[..., None])[..., 0]
    covariance = transition @ bank.covariance @ transition.transpose(0, 2, 1) + noise
    return Bank(mean, covariance, bank.weight)


def _interact(bank: Bank, dt_s: float, stay_s: float) -> Bank:
    """Let each model start from what all of them know, by how probable a change is."""
    models = bank.weight.shape[1]
    if models == 1:
        return bank
    keep = np.exp(-dt_s * models / ((models - 1) * stay_s))
    change = keep * np.eye(models) + (1 - keep) / models  # a Markov chain's after dt_s
    joint = bank.weight[:, :, None] * change  # from, to
    weight = joint.sum(axis=1)
    shares = (joint / weight[:, None]).transpose(0, 2, 1)  # to, from
    mean = shares @ bank.mean
    apart = bank.mean[:, None] - mean[:, :, None]  # to, from
    tracks = len(bank.mean)
    flat = shares @ bank.covariance.reshape(tracks, models, -1)
    covariance = flat.reshape(bank.covariance.shape)
    covariance += (apart * shares[..., None]).transpose(0, 1, 3, 2) @ apart
    return Bank(mean, covariance, weight)


def mixed(bank: Bank) -> tuple[Array, Array]:
    """Give mean and covariance over all models; shape (tracks, 6), (tracks, 6, 6)."""
    if bank.weight.shape[1] == 1:
        return bank.mean[:, 0], bank.covariance[:, 0]
    mean = np.einsum("nm,nma->na", bank.weight, bank.mean)
    apart = bank.mean - mean[:, None]
    covariance = np.einsum("nm,nmab->nab", bank.weight, bank.covariance)
    covariance += (apart * bank.weight[..., None]).transpose(0, 2, 1) @ apart
    return mean, covariance


@dataclass(frozen=True, slots=True)
class Pairs:
    """Tracks beside measurements inside their gates, ordered by track.

    Parameters
    ----------
    rows, columns : intp, shape (pairs,)
        Track and measurement of each pair.
    innovation : float64, shape (pairs, models, k)
    gain : float64, shape (pairs, models, 6, k)
    cross : float64, shape (pairs, models, k, 6)
        Covariance of the measured with the state.
    likelihood : float64, shape (pairs, models)
        Density of the measurement under each model.
    """

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    innovation: Array
    gain: Array
    cross: Array
    likelihood: Array

    def likelihoods(self, weight: Array) -> Array:
        """The density of each pair over all models; shape (pairs,)."""
        total: Array = (weight[self.rows] * self.likelihood).sum(axis=1)
        return total


def update(bank: Bank, pairs: Pairs, shares: Array) -> Bank:
    """Take in measurements by their shares.

    Parameters
    ----------
    bank : Bank
    pairs : Pairs
    shares : float64, shape (pairs,)
        How probable it is, for a track that exists, that this measurement is its own. What a
        track's shares lack to 1 is that it was missed.

    Returns
    -------
    Bank
        The moments of the mixture over all that may have happened, model by model.
    """
    if not len(pairs.rows):
        return bank
    tracks, first = np.unique(pairs.rows, return_index=True)
    # The part that a model has in a share is by how well it foresaw that measurement.
    told = pairs.likelihoods(bank.weight)
    by_model = shares[:, None] * pairs.likelihood / np.maximum(told, 1e-300)[:, None]
    missed = np.maximum(1 - np.add.reduceat(shares, first), 0.0)
    evidence = missed[:, None] + np.add.reduceat(by_model, first)
    weight = bank.weight[tracks] * evidence
    weight = np.maximum(weight / weight.sum(axis=1, keepdims=True), 1e-6)
    parts = by_model / np.repeat(
        np.maximum(evidence, 1e-300), np.diff(np.append(first, len(shares))), axis=0
    )
    step = (pairs.gain @ pairs.innovation[..., None])[..., 0]
    weighed = parts[..., None] * step
    moved = np.add.reduceat(weighed, first)
    shrunk = pairs.gain @ pairs.cross
    change = weighed[..., None] * step[..., None, :] - parts[..., None, None] * shrunk
    covariance = bank.covariance[tracks] + np.add.reduceat(change, first)
    covariance -= moved[..., None] * moved[..., None, :]
    covariance = (covariance + covariance.swapaxes(-1, -2)) / 2
    new = Bank(bank.mean.copy(), bank.covariance.copy(), bank.weight.copy())
    new.mean[tracks] += moved
    new.covariance[tracks] = covariance
    new.weight[tracks] = weight / weight.sum(axis=1, keepdims=True)
    return new
