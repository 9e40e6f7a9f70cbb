"""WARS (src/pbs/trial.rs) in numpy: LNKD-DISK, three replicas, reads wait for one answer and writes for one acknowledgement.

Two ways, both on one thread. `plain` is how the definition is written down: each part of a mixture by its own formula, all trials in one
array. `tuned` gets what numpy has to give: one exponential number from the ziggurat serves both parts, as only one of them is taken, and
arrays are small enough for the processor's cache.

usage: wars_numpy.py plain|tuned TRIALS; prints how many trials there were, how many reads were consistent, and the nanoseconds.
"""

import sys
import time

import numpy

SSD, DISK = (0.9122, 0.235, 10.0, 1.66), (0.38, 1.05, 1.51, 0.183)
CHUNK = {"plain": 1 << 20, "tuned": 1 << 13}


def plain(rng, fit, shape):
    weight, least, alpha, rate = fit
    pareto = least / (1.0 - rng.random(shape)) ** (1.0 / alpha)
    return numpy.where(rng.random(shape) < weight, pareto, -numpy.log(1.0 - rng.random(shape)) / rate)


def tuned(rng, fit, shape):
    weight, least, alpha, rate = fit
    e = rng.standard_exponential(shape)
    return numpy.where(rng.random(shape) < weight, least * numpy.exp(e * (1.0 / alpha)), e * (1.0 / rate))


def consistent(rng, draw, trials):
    shape = (3, trials)
    w, a, r, s = draw(rng, DISK, shape), draw(rng, SSD, shape), draw(rng, SSD, shape), draw(rng, SSD, shape)
    acknowledged = (w + a).min(axis=0)
    first = (r + s).argmin(axis=0)
    place = numpy.arange(trials)
    return int((acknowledged + r[first, place] >= w[first, place]).sum())


def main():
    way, trials = sys.argv[1], int(sys.argv[2])
    draw, best, seen = {"plain": plain, "tuned": tuned}[way], None, 0
    for seed in range(3):
        rng = numpy.random.default_rng(seed)
        start = time.perf_counter_ns()
        left, seen = trials, 0
        while left > 0:
            now = min(left, CHUNK[way])
            seen += consistent(rng, draw, now)
            left -= now
        spent = time.perf_counter_ns() - start
        best = spent if best is None else min(best, spent)
    print(f"wars: {trials} trials, {seen} consistent, {best} ns, numpy {numpy.__version__}")


main()
