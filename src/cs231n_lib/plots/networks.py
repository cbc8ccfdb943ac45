"""Figures of the two-layer net's notebook: the net, its activations, training, tuning and depth."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.patches import Rectangle

from cs231n_lib.plots.style import (
    BLACK,
    BLUE,
    GRAY,
    ORANGE,
    RED,
    WIDTH,
    WorkbookFigure,
    figure,
    hide_ticks,
    new_figure,
    running_mean,
    show_image,
    with_styles,
)
from cs231n_lib.plots.templates import weights_as_images

LINE_STYLES = ("-", "--", "-.", ":", "-")
MARKERS = ("o", "s", "^", "D", "v")


@figure
def two_layer_net(shapes: Mapping[str, tuple[int, int]]) -> WorkbookFigure:
    """The matrices of a two-layer net from left to right, ``shapes`` by name, and what leads to the next."""
    fig, ((ax,),) = new_figure(height=1.9)
    steps = ("· W1 + b1", "ReLU", "· W2 + b2", "softmax")
    rows = next(iter(shapes.values()))[0]
    for i, (name, (_, columns)) in enumerate(shapes.items()):
        width = 0.35 + 0.11 * np.log2(columns)
        ax.add_patch(
            Rectangle(
                (2.2 * i - width / 2, -0.5), width, 1, facecolor="#dcebf5", edgecolor=BLUE, linewidth=1.5
            )
        )
        ax.text(2.2 * i, 0, name, ha="center", va="center", fontweight="bold", fontsize=11)
        ax.text(2.2 * i, -0.62, f"{rows} × {columns}", ha="center", va="top", fontsize=9)
        if i < len(steps):
            ax.annotate(
                "", (2.2 * i + 1.4, 0), (2.2 * i + 0.86, 0), arrowprops={"arrowstyle": "->", "linewidth": 1.5}
            )
            ax.text(2.2 * i + 1.1, 0.55, steps[i], ha="center", va="bottom", fontsize=9)
    ax.set(xlim=(-1, 2.2 * len(steps) + 0.8), ylim=(-0.95, 0.75))
    hide_ticks(ax)
    ax.set_title("Two affine maps, with a ReLU between them and a softmax at the end")
    fig.alt = "the two-layer net from left to right: " + ", ".join(
        f"{name} of shape {shape[0]} by {shape[1]}" for name, shape in shapes.items()
    )
    return fig


@figure
def activations(
    z: np.ndarray, values: Mapping[str, np.ndarray], derivatives: Mapping[str, np.ndarray]
) -> WorkbookFigure:
    """Activation functions (left) and their derivatives (right) on the same ``z``."""
    fig, axes = new_figure(1, 2, height=3.2)
    for ax, curves in zip(axes[0], (values, derivatives), strict=True):
        for (name, curve), color, style in with_styles(curves, (RED, BLUE, BLACK), ("-.", "-", "--")):
            ax.plot(z, curve, color=color, linestyle=style, label=name)
        ax.axhline(0, color=GRAY, linewidth=0.7)
        ax.set_xlabel("z")
    axes[0, 0].set_ylim(-1.1, 2.6)
    axes[0, 0].set_ylabel("activation")
    axes[0, 1].set_ylabel("derivative")
    axes[0, 1].set_ylim(-0.08, 1.32)
    axes[0, 0].set_title("Three activations")
    axes[0, 1].set_title("Where the derivative is 0, no gradient passes")
    axes[0, 0].legend(loc="upper left")
    fig.alt = (
        f"activations and their derivatives for z from {z[0]:g} to {z[-1]:g}; derivatives at the ends: "
        + ", ".join(f"{name} {curve[0]:.2g} and {curve[-1]:.2g}" for name, curve in derivatives.items())
    )
    return fig


@figure
def hidden_weights(W1: np.ndarray, title: str, columns: int = 12) -> WorkbookFigure:
    """The incoming weights of hidden units ``(3072, H)`` as pictures, each stretched on its own."""
    images = weights_as_images(W1)
    rows = -(-len(images) // columns)
    fig, axes = new_figure(rows, columns, height=rows * WIDTH / columns + 0.2)
    for ax in axes.flat[len(images) :]:
        ax.axis("off")
    for ax, image in zip(axes.flat, images, strict=False):
        show_image(ax, image)
    fig.get_layout_engine().set(w_pad=0.015, h_pad=0.015, wspace=0.02, hspace=0.02)
    fig.suptitle(title, x=0.01, ha="left")
    fig.alt = f"the first-layer weights of {len(images)} hidden units as color pictures"
    return fig


@figure
def training_curves(histories: Mapping[str, Mapping[str, Sequence[float]]], title: str) -> WorkbookFigure:
    """Loss (a running mean) and validation accuracy of several trainings.

    Parameters
    ----------
    histories : mapping
        For each name a mapping with ``loss`` (each iteration) and ``accuracy`` (evenly spaced).
    """
    fig, axes = new_figure(1, 2, height=3.3)
    left, right = axes[0]
    for (name, history), color, style, marker in with_styles(
        histories, (BLUE, BLACK, RED, ORANGE), LINE_STYLES, MARKERS
    ):
        left.plot(*running_mean(history["loss"], 20), color=color, linestyle=style)
        accuracy = history["accuracy"]
        steps = np.linspace(1, len(history["loss"]), len(accuracy))
        right.plot(steps, accuracy, color=color, linestyle=style, marker=marker, label=name)
    first = max(history["loss"][0] for history in histories.values())
    highest = max(max(history["loss"]) for history in histories.values())
    left.set_ylim(0, min(1.05 * highest, 3 * first))  # a training that explodes leaves the picture
    left.grid(axis="y")
    left.set(xlabel="iteration", ylabel="loss (mean of 20)")
    right.set(xlabel="iteration", ylabel="validation accuracy")
    fig.legend(loc="outside lower center", ncols=len(histories))
    fig.suptitle(title, x=0.01, ha="left")
    fig.alt = "loss and validation accuracy against iteration; at the end: " + "; ".join(
        f"{name}: loss {min(np.mean(history['loss'][-20:]), 99):.2g}, accuracy {history['accuracy'][-1]:.2f}"
        for name, history in histories.items()
    )
    return fig


@figure
def unit_activity(shares: Mapping[str, np.ndarray]) -> WorkbookFigure:
    """For each net the share of images that switch each hidden unit on, sorted; 0 is a dead unit."""
    fig, ((ax,),) = new_figure(height=3.2)
    for (name, share), color, style in with_styles(shares, (BLUE, BLACK, RED), LINE_STYLES):
        ax.plot(np.sort(share), color=color, linestyle=style, label=f"{name}: {np.sum(share == 0)} dead")
    ax.set_ylim(-0.03, 1.03)
    ax.set_xlabel("hidden unit, sorted")
    ax.set_ylabel("share of images that activate it")
    ax.legend(loc="upper left")
    dead = {name: int(np.sum(share == 0)) for name, share in shares.items()}
    most = max(dead, key=dead.get)
    most_dead = f"The most dead units, {dead[most]} of {len(shares[most])}: {most}"
    ax.set_title(most_dead if dead[most] else "No unit is dead")
    fig.alt = "share of images that activate each hidden unit, sorted; dead units: " + ", ".join(
        f"{name} {count}" for name, count in dead.items()
    )
    return fig


@figure
def search_grids(
    hidden: Sequence[int], rates: Sequence[float], regs: Sequence[float], accuracies: np.ndarray
) -> WorkbookFigure:
    """Validation accuracies ``(len(hidden), len(rates), len(regs))``, one panel a hidden size."""
    fig, axes = new_figure(1, len(hidden), height=1.5 + 0.42 * len(rates), sharey=True)
    lowest, highest = np.nanmin(accuracies), np.nanmax(accuracies)
    best = np.unravel_index(np.nanargmax(accuracies), accuracies.shape)
    for number, (ax, size, grid) in enumerate(zip(axes[0], hidden, accuracies, strict=True)):
        image = ax.imshow(grid, cmap="cividis", aspect="auto", vmin=lowest, vmax=highest)
        for (i, j), value in np.ndenumerate(grid):
            text = "div." if np.isnan(value) else f"{value:.3f}"
            color = "white" if value < (lowest + highest) / 2 else "black"
            ax.text(j, i, text, ha="center", va="center", color=color, fontsize=8.5)
        if number == best[0]:
            i, j = best[1:]
            ax.add_patch(Rectangle((j - 0.47, i - 0.45), 0.94, 0.9, fill=False, color=RED, linewidth=2.5))
        ax.set_xticks(range(len(regs)), [f"{reg:g}" for reg in regs])
        ax.set_yticks(range(len(rates)), [f"{rate:g}" for rate in rates])
        ax.tick_params(length=0)
        ax.set_xlabel("regularization λ")
        ax.set_title(f"H = {size}", loc="center", fontweight="normal")
    axes[0, 0].set_ylabel("learning rate")
    fig.colorbar(image, ax=axes[0].tolist(), label="validation accuracy")
    fig.suptitle(
        f"Best: H = {hidden[best[0]]}, rate {rates[best[1]]:g}, λ = {regs[best[2]]:g}, {highest:.3f}",
        x=0.01,
        ha="left",
    )
    fig.alt = (
        f"validation accuracy for {len(hidden)} hidden sizes, {len(rates)} learning rates and {len(regs)} "
        f"regularizations, from {lowest:.3f} to {highest:.3f}; best: H = {hidden[best[0]]}, learning rate "
        f"{rates[best[1]]:g}, regularization {regs[best[2]]:g}"
    )
    return fig


@figure
def generalization_gap(
    panels: Mapping[str, tuple[Sequence[float], Sequence[float], Sequence[float]]], title: str
) -> WorkbookFigure:
    """Training and validation accuracy against a setting, one panel each; the band between is the gap.

    Parameters
    ----------
    panels : mapping
        For the name of each setting its values, the training and the validation accuracies.
    """
    fig, axes = new_figure(1, len(panels), height=3.3, sharey=True)
    for ax, (name, (values, train, val)) in zip(axes[0], panels.items(), strict=True):
        places = np.arange(len(values))
        ax.fill_between(places, train, val, color=GRAY, alpha=0.18, linewidth=0)
        ax.plot(places, train, color=RED, linestyle="--", marker="s", label="training")
        ax.plot(places, val, color=BLUE, marker="o", label="validation")
        ax.set_xticks(places, [f"{value:g}" for value in values])
        ax.margins(x=0.16)
        ax.set_xlabel(name)
    axes[0, 0].set_ylabel("accuracy")
    axes[0, 0].set_ylim(0, 1.03)
    axes[0, 0].legend(loc="lower left")
    fig.suptitle(title, x=0.01, ha="left")
    fig.alt = "training and validation accuracy; " + "; ".join(
        f"{name}: gap {train[0] - val[0]:.2f} at {values[0]:g}, {train[-1] - val[-1]:.2f} at {values[-1]:g}"
        for name, (values, train, val) in panels.items()
    )
    return fig


@figure
def layer_scales(
    curves: Mapping[str, tuple[np.ndarray, np.ndarray]], depth: int, title: str
) -> WorkbookFigure:
    """Root mean square of what enters each of ``depth`` layers, and of the gradients of their biases."""
    fig, axes = new_figure(1, 2, height=3.4)
    layers = np.arange(1, depth + 1)
    for i, what in enumerate(("what enters the layer", "gradient of its biases")):
        ax = axes[0, i]
        for (name, values), color, style, marker in with_styles(
            curves, (RED, BLACK, BLUE), LINE_STYLES, MARKERS
        ):
            ax.plot(
                layers[: len(values[i])],
                values[i],
                color=color,
                linestyle=style,
                marker=marker,
                label=name if i == 0 else None,
            )
        ax.set_yscale("log")
        ax.set_xticks(layers[: max(len(values[i]) for values in curves.values())])
        ax.set_xlabel("layer")
        ax.set_title(f"Forward: {what}" if i == 0 else f"Backward: {what}")
        ax.grid(axis="y")
    axes[0, 0].set_ylabel("root mean square (logarithmic)")
    fig.legend(loc="outside lower center", ncols=len(curves))
    fig.suptitle(title, x=0.01, ha="left")
    fig.alt = f"root mean squares of signal and gradient in {depth} layers: " + "; ".join(
        f"{name}: signal {forward[0]:.1g} to {forward[-1]:.1g}, "
        f"gradient {backward[-1]:.1g} to {backward[0]:.1g}"
        for name, (forward, backward) in curves.items()
    )
    return fig


@figure
def loss_against_scale(factors: Sequence[float], losses: Mapping[str, Sequence[float]]) -> WorkbookFigure:
    """Training loss after some steps against the factor on the right initial scale, one curve for each net.

    Losses above 3 and infinite ones are drawn at 3.
    """
    fig, ((ax,),) = new_figure(height=3.3)
    reached = {name: int(np.sum(np.asarray(values) < 0.5)) for name, values in losses.items()}
    for (name, values), color, style, marker in with_styles(losses, (BLUE, RED, BLACK), LINE_STYLES, MARKERS):
        label = f"{name}: below 0.5 at {reached[name]} of {len(factors)} scales"
        ax.plot(factors, np.minimum(values, 3), color=color, linestyle=style, marker=marker, label=label)
    ax.axhline(0.5, color=GRAY, linewidth=0.8)
    ax.set_xscale("log")
    ax.set_xticks(factors, [f"{factor:g}" for factor in factors])
    ax.minorticks_off()
    ax.set_ylim(-0.1, 3.2)
    ax.set_yticks(range(4), ["0", "1", "2", "3 or more"])
    ax.set_xlabel("factor f on the right initial scale (logarithmic)")
    ax.set_ylabel("training loss after training")
    fig.legend(loc="outside lower center", ncols=len(losses))
    fewest = min(reached, key=reached.get)
    ax.set_title(f"With {fewest} the range of scales that train well is narrower")
    fig.alt = "training loss against the initial scale; below 0.5: " + ", ".join(
        f"{name} at {n} of {len(factors)} scales" for name, n in reached.items()
    )
    return fig


@figure
def ladder(accuracies: Mapping[str, float]) -> WorkbookFigure:
    """One bar for each rung of a recipe, with its accuracy and what it adds to the rung before."""
    names, values = list(accuracies), np.array(list(accuracies.values()))
    gains = np.diff(values, prepend=values[0])
    fig, ((ax,),) = new_figure(height=1.1 + 0.34 * len(names))
    ax.barh(names, values, color=BLUE, height=0.62)
    for row, (value, gain) in enumerate(zip(values, gains, strict=True)):
        change = f"  ({gain:+.3f})".replace("-", "−") if row else ""
        ax.text(value, row, f" {value:.3f}{change}", va="center", fontsize=9)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_xlim(0.9 * values.min() - 0.05, values.max() + 0.3 * (values.max() - 0.9 * values.min() + 0.05))
    ax.set_xlabel("validation accuracy (the axis does not start at 0)")
    largest = int(gains.argmax())
    ax.set_title(f"From {values[0]:.3f} to {values[-1]:.3f}; the largest gain: {names[largest].lstrip('+ ')}")
    fig.alt = "validation accuracy of each rung: " + ", ".join(
        f"{name.lstrip('+ ')} {value:.3f}" for name, value in accuracies.items()
    )
    return fig
