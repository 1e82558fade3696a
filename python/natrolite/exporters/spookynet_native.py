# SPDX-License-Identifier: GPL-2.0-only
"""Description of a spookynet.SpookyNet for the native evaluator (a charged network, doc/native.rst)."""

from torch.nn import functional

from natrolite.exporters import native


def describe(model, dtype, cutoff):
    """Return a Description of a SpookyNet; cutoff: of the edges, Angstrom."""
    d = Description(dtype, model.settings, cutoff)
    d.add(
        embedding={
            "elements": d.array64(model.element.free.double() + _mixed(model.element)),
            "charge": d.electrons(model.charge_embedding),
            "spin": d.electrons(model.spin_embedding),
        },
        modules=[d.module(module, k) for k, module in enumerate(model.interactions)],
        radials=[d.radial_of(module.near.radial, model.basis) for module in model.interactions],
        output={
            "weights": d.array64(model.output.weight.double().t()),
            "offset": d.array64(model.offset.double()),
        },
    )
    terms = {"repulsion": _repulsion, "coulomb": _coulomb, "dispersion": _dispersion}
    parts = {"repulsion": model.repulsion, "coulomb": model.electrostatics, "dispersion": model.dispersion}
    d.add(**{name: term(d, parts[name]) for name, term in terms.items() if parts[name] is not None})
    return d


class Description(native.Arrays):
    """Collects the parts of a charged network and their arrays."""

    def __init__(self, dtype, settings, cutoff):
        super().__init__(dtype)
        self.data |= {
            "kind": "charged", "types": len(settings.atomic_numbers), "features": settings.features,
            "cutoff": float(cutoff), "r_max": float(settings.r_max), "all_pairs": settings.all_pairs,
            "lr_cutoff": float(settings.lr_cutoff or 0.0) if settings.long_range else 0.0,
        }  # fmt: skip

    def add(self, **entries):
        """Add entries of the top."""
        self.data |= entries

    def dense(self, linear):
        """Return the entry of a torch.nn.Linear."""
        entry = {"weights": self.array(linear.weight.double().t())}
        if linear.bias is not None:
            entry["bias"] = self.array(linear.bias.double())
        return entry

    def swish(self, module):
        """Return the entry of a blocks.Swish."""
        return {"amplitude": self.array(module.amplitude.double()), "slope": self.array(module.slope.double())}

    def residuals(self, stack):
        """Return the entries of a blocks.stack."""
        return [
            {
                "first": self.swish(block.first), "inner": self.dense(block.inner),
                "second": self.swish(block.second), "outer": self.dense(block.outer),
            }
            for block in stack
        ]  # fmt: skip

    def readout(self, module):
        """Return the entry of a blocks.Readout."""
        return {
            "residuals": self.residuals(module.residual),
            "activation": self.swish(module.activation),
            "linear": self.dense(module.linear),
        }

    def electrons(self, module):
        """Return the entry of an embeddings.ElectronicEmbedding."""
        return {
            "sign": module.signed,
            "query": {"weights": self.array64(module.query.weight.double().t()),
                      "bias": self.array64(module.query.bias.double())},
            "key": self.array64(module.key.weight.double().t()),
            "value": self.array64(module.value.weight.double().t()),
            "readout": self.readout(module.mlp),
        }  # fmt: skip

    def module(self, module, radial):
        """Return the entry of an interaction.InteractionModule; radial: index of its function."""
        near, far = module.near, module.far
        return {
            "pre": self.residuals(module.pre), "post": self.residuals(module.post),
            "own": self.readout(near.own), "s": self.readout(near.message_s),
            "p": self.readout(near.message_p), "d": self.readout(near.message_d),
            "pair_p": self.dense(near.pair_p), "pair_d": self.dense(near.pair_d), "mix": self.readout(near.mlp),
            "query": self.readout(far.query), "key": self.readout(far.key), "value": self.readout(far.value),
            "directions": self.array(far.omega.double()), "readout": self.readout(module.readout), "radial": radial,
        }  # fmt: skip

    def radial_of(self, linear, basis):
        """Return the entry of the radial functions of one module."""
        form = {
            "kind": "bernstein", "parameters": self.array64(basis.log_binomial), "extra": basis.extra,
            "prefactor": float(functional.softplus(basis.alpha)),
        }  # fmt: skip
        envelope = {"kind": "smooth", "cutoff": float(basis.r_max)}
        layer = {"weights": self.array(linear.weight.double().t()), "activation": "identity", "factor": 1.0}
        return {"basis": form, "envelope": envelope, "envelope_of_weights": False, "layers": [layer]}


def _mixed(element):
    return element.descriptor.double() @ element.mix.weight.double().t()


def _repulsion(d, module):
    size = module.charge.pow(functional.softplus(module.exponent)) * functional.softplus(module.inverse_length)
    height = functional.softplus(module.height)
    return {
        "coulomb": 2.0 * module.half_coulomb, "charge": d.array64(module.charge), "size": d.array64(size),
        "height": d.array64(height / height.sum()), "slope": d.array64(functional.softplus(module.slope)),
    }  # fmt: skip


def _coulomb(_, module):
    return {"coulomb": 2.0 * module.half_coulomb, "start": module.start, "stop": module.stop}


def _dispersion(d, module):
    reference = module.zeff.unsqueeze(1) + module.charge * functional.softplus(module.charge_scale)
    damping = {name: float(functional.softplus(getattr(module, name))) for name in ("s6", "s8", "a1", "a2")}
    tables = {
        "covalent": module.covalent, "electronegativity": module.en, "charge": module.zeff,
        "hardness": module.hardness, "r4r2": module.r4r2, "gaussians": module.gaussians,
        "coordination": module.cn, "fallback": module.fallback, "reference": reference,
        "polarizability": module.polarizabilities(), "frequency_weights": module.frequency_weights,
    }  # fmt: skip
    return {
        "bohr": 1.0 / module.per_bohr, "hartree": 2.0 * module.half_hartree, **damping,
        **{name: d.array64(value) for name, value in tables.items()},
    }  # fmt: skip
