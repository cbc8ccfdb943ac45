"""Figures of the k-NN notebook: distances, votes, decision regions, pruning."""

from collections.abc import Sequence

import numpy as np

from cs231n_lib.plots.figure import (
    BLUE,
    GRAY,
    ORANGE,
    RED,
    SKY,
    WorkbookFigure,
    figure,
    new_figure,
    show_image,
)


@figure
def distance_matrix(dists: np.ndarray) -> WorkbookFigure:
    """The distances ``(num_test, num_train)`` as gray levels: black is near, white is far."""
    fig, ((ax,),) = new_figure(height=2.6)
    image = ax.imshow(dists, cmap="gray", aspect="auto", interpolation="antialiased")
    ax.set_xlabel("training image")
    ax.set_ylabel("test image")
    ax.set_title("Some rows and some columns are bright from end to end")
    fig.colorbar(image, ax=ax, label="L2 distance", pad=0.02)
    spread = dists.mean(axis=1)
    fig.alt = (
        f"distances of {dists.shape[0]} test images to {dists.shape[1]} training images; the mean of a row "
        f"goes from {spread.min():.0f} to {spread.max():.0f}, which shows as dark and bright rows"
    )
    return fig


@figure
def equal_distances(
    images: Sequence[np.ndarray], names: Sequence[str], dists: Sequence[float]
) -> WorkbookFigure:
    """An image and changed copies of it, each with its distance from the first."""
    fig, axes = new_figure(1, len(images), height=2.3)
    for ax, image, name, dist in zip(axes[0], images, names, dists, strict=True):
        show_image(ax, image)
        ax.set_title(name, loc="center", fontsize=9.5)
        ax.set_xlabel(f"distance {dist:.0f}")
    fig.suptitle(
        "Three changes that mean nothing, little and much: L2 cannot tell them apart", x=0.01, ha="left"
    )
    fig.alt = "one image and changed copies: " + ", ".join(
        f"{name} at distance {dist:.0f}" for name, dist in zip(names, dists, strict=True)
    )
    return fig


@figure
def decision_regions(
    points: np.ndarray, labels: np.ndarray, grid: Sequence[np.ndarray], regions: dict[int, np.ndarray]
) -> WorkbookFigure:
    """Which label k-NN gives at each place of the plane, one panel for each k.

    Parameters
    ----------
    points : ndarray, shape (N, 2)
    labels : ndarray of int, shape (N,)
    grid : two ndarrays, shapes (W,) and (H,)
        The places, horizontal and vertical.
    regions : dict
        For each k the labels of the places, shape (H, W).
    """
    from matplotlib.colors import ListedColormap

    colors = (BLUE, ORANGE, GRAY)
    fig, axes = new_figure(1, len(regions), height=2.9, sharex=True, sharey=True)
    for ax, (k, region) in zip(axes[0], regions.items(), strict=True):
        ax.pcolormesh(*grid, region, cmap=ListedColormap(colors), vmin=0, vmax=2, alpha=0.3, linewidth=0)
        for label, (color, marker) in enumerate(zip(colors, "os^", strict=True)):
            own = points[labels == label]
            ax.scatter(*own.T, s=16, color=color, marker=marker, edgecolor="black", linewidth=0.5)
        ax.set_title(f"k = {k}", loc="center")
        ax.set_xticks([])
        ax.set_yticks([])
        ax.set_aspect("equal")
    fig.suptitle(
        "A larger k smooths the boundary and removes islands; it is not a straight line", x=0.01, ha="left"
    )
    fig.alt = "points of three classes in the plane and the regions k-NN assigns to each class, for k = " + (
        ", ".join(str(k) for k in regions)
    )
    return fig


@figure
def vote_ties(
    ks: Sequence[int], tied: np.ndarray, mean_label: np.ndarray, true_mean: float
) -> WorkbookFigure:
    """Share of tied votes and mean predicted label against k, for labels drawn at random."""
    fig, axes = new_figure(1, 2, height=2.8)
    axes[0, 0].plot(ks, tied, color=BLUE, marker="o")
    axes[0, 0].set_ylabel("share of tied votes")
    axes[0, 0].set_ylim(0, 1)
    axes[0, 0].set_title("Ties are common …")
    axes[0, 1].plot(ks, mean_label, color=RED, marker="s", label="predicted")
    axes[0, 1].axhline(true_mean, color=GRAY, linestyle="--", label="true")
    axes[0, 1].set_ylabel("mean label")
    axes[0, 1].set_ylim(0, true_mean * 1.2)
    axes[0, 1].set_title("… and favor small labels")
    axes[0, 1].legend(loc="lower right")
    for ax in axes.flat:
        ax.set_xlabel("number of neighbors k")
        ax.set_xticks(ks)
    fig.alt = (
        f"for random labels: share of tied votes from {tied[0]:.2f} at k = {ks[0]} to a maximum of "
        f"{tied.max():.2f} at k = {ks[int(tied.argmax())]}; mean predicted label down to "
        f"{mean_label.min():.2f}, true mean {true_mean:.2f}"
    )
    return fig


@figure
def pruning(bounds: np.ndarray, dists: np.ndarray, limit: float) -> WorkbookFigure:
    """Lower bounds against true distances from one query to the training rows; ``limit``: the k-th."""
    fig, ((ax,),) = new_figure(height=3.6)
    ruled_out = bounds > limit
    ax.plot([0, dists.max()], [0, dists.max()], color=GRAY, linewidth=1, label="bound = distance")
    ax.scatter(
        dists[ruled_out], bounds[ruled_out], s=4, color=SKY, label="ruled out by the bound", rasterized=True
    )
    ax.scatter(dists[~ruled_out], bounds[~ruled_out], s=14, color=RED, marker="s", label="to be computed")
    ax.axhline(limit, color="black", linestyle="--", linewidth=1.2)
    ax.text(dists.max(), limit, "k-th smallest distance ", ha="right", va="bottom", fontsize=9)
    ax.set_xlim(0.97 * dists.min(), 1.01 * dists.max())
    ax.set_ylim(0.97 * bounds.min(), 1.01 * dists.max())
    ax.set_xlabel("true distance")
    ax.set_ylabel("lower bound")
    ax.legend(loc="upper left", markerscale=2)
    ax.set_title(
        f"The bound rules out {ruled_out.mean():.0%} of the training rows before their distance is known"
    )
    fig.alt = (
        f"lower bound against true distance for {len(dists)} training rows: all lie below the diagonal, "
        f"{(~ruled_out).sum()} lie below the k-th smallest distance and need to be computed"
    )
    return fig


@figure
def variances(values: np.ndarray, kept: int) -> WorkbookFigure:
    """The variances of the principal components, and what share the first ``kept`` of them hold."""
    fig, ((ax,),) = new_figure(height=2.9)
    rank = np.arange(1, len(values) + 1)
    share = values[:kept].sum() / values.sum()
    ax.loglog(rank, values, color=BLUE)
    ax.axvline(kept, color=GRAY, linestyle="--", linewidth=1.2)
    ax.text(kept, values.max(), f" the first {kept}", va="top")
    ax.set_xlabel("principal component")
    ax.set_ylabel("variance λ")
    ax.set_title(f"The first {kept} of {len(values)} directions hold {share:.0%} of the variance shown")
    fig.alt = (
        f"variance of principal components on logarithmic axes: it falls from {values[0]:.2g} to "
        f"{values[-1]:.2g}; the first {kept} hold {share:.0%}"
    )
    return fig
