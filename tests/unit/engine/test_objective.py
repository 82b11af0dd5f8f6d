"""What one scale minimises, with real weights and pictures at small size."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from nst import Settings
from nst.engine.inputs import Region, ScaledInputs, ScaledStyle
from nst.engine.losses import LayerLoss, StyleLoss
from nst.engine.objective import LayerTerm, Objective, Term, build_objective
from nst.engine.recipe import plan
from nst.engine.statistics import moments
from nst.engine.stylize import load_backbone
from nst.engine.tensors import to_tensor
from nst.geometry import resized

SETTINGS = Settings(size=128, precision="float32")


@pytest.fixture(scope="module")
def photo_and_painting(photo, painting):
    return to_tensor(resized(photo, 96)), to_tensor(resized(painting, 96))


def objective(content, painting) -> Objective:
    recipe = plan(SETTINGS)
    inputs = ScaledInputs(content, content, (ScaledStyle(painting, 1.0),),
                          (Region(None, (None,)),), None, torch.ones_like(content[:, :1]),
                          torch.ones_like(content[:, :1]))
    return build_objective(load_backbone(SETTINGS), recipe.scales[0], recipe, inputs)


def content_weight(ask: Objective, picture: torch.Tensor) -> float:
    """What the content loss is multiplied by in the total."""
    losses, recipe = ask(picture), plan(SETTINGS).weights
    rest = recipe.style * losses.values["style"] + recipe.tv * losses.values["tv"]
    rest += recipe.match * losses.values["match"]
    return float((losses.total - rest) / losses.values["content"])


def test_content_is_weighed_against_the_way_from_the_photo_to_the_painting(photo_and_painting):
    photo, painting = photo_and_painting
    ask = objective(photo, painting)
    at_the_photo = ask(photo)
    assert float(at_the_photo.values["content"]) == pytest.approx(0, abs=1e-8)
    expected = plan(SETTINGS).weights.content * float(at_the_photo.values["style"])
    assert content_weight(ask, photo.flip(3)) == pytest.approx(expected, rel=1e-3)


def test_a_photo_nearer_to_the_painting_is_held_less(photo_and_painting):
    photo, painting = photo_and_painting
    picture = photo.flip(3)
    far = content_weight(objective(photo, painting), picture)
    near = content_weight(objective(photo, 0.8 * photo + 0.1), picture)
    assert 0 < near < far / 4


def test_a_photo_that_is_its_own_painting_stays(photo_and_painting):
    photo, _ = photo_and_painting
    losses = objective(photo, photo)(photo)
    assert all(float(losses.values[name]) == pytest.approx(0, abs=1e-8)
               for name in ("content", "style"))


# Every weight and share counts, once


class Sum(LayerLoss):
    """A loss whose value is known: the activation's sum."""

    def strip(self, activation, rows):
        return activation.sum()

    def value(self, strips):
        return sum(strips)


def known_network(picture, taps):
    """Two layers, at which the activations are the picture and twice the picture."""
    return {layer: [tap({"one": picture, "two": 2 * picture}[layer], None)]
            for layer, tap in taps.items()}


def test_terms_of_one_name_are_added_up_each_with_its_own_weight():
    """Weights 10 and 1 give 11 in the total; the value that is told is before the weights."""
    picture = torch.full((1, 3, 2, 2), 0.25)  # its sum is 3
    terms = [LayerTerm("style", weight, {"one": Sum()}, {"one": 1.0}) for weight in (10, 1)]
    found = Objective(known_network, terms, [])(picture)
    assert found.values == {"style": 6} and found.total == 33
    more = [Term("style", 100.0, lambda x: x.sum()), Term("tv", 1000.0, lambda x: x.mean())]
    found = Objective(known_network, terms, more)(picture)
    assert found.values == {"style": 9, "tv": 0.25} and found.total == 33 + 300 + 250
    assert found.numbers() == {"style": 9.0, "tv": 0.25, "total": 583.0}


def test_each_layers_loss_has_its_share():
    picture = torch.full((1, 3, 2, 2), 0.25)
    term = LayerTerm("style", 2.0, {"one": Sum(), "two": Sum()}, {"one": 0.25, "two": 0.75})
    found = Objective(known_network, [term], [])(picture)
    assert found.values["style"] == 0.25 * 3 + 0.75 * 6 and found.total == 2 * 5.25


def test_detached_losses_keep_their_values_and_no_graph():
    picture = torch.full((1, 3, 2, 2), 0.25, requires_grad=True)
    term = LayerTerm("style", 2.0, {"one": Sum()}, {"one": 1.0})
    found = Objective(known_network, [term], [])(picture)
    assert found.total.requires_grad and found.detach().numbers() == {"style": 3.0, "total": 6.0}
    assert not found.detach().total.requires_grad
    assert not found.detach().values["style"].requires_grad


@pytest.fixture(scope="module")
def losses_of(scaled):
    """losses_of(recipe): of a mirrored photo at the coarsest scale, with a person in it."""
    def made(recipe=None, **more):
        recipe = recipe or plan(SETTINGS)
        inputs = scaled(recipe, SETTINGS, **more)
        ask = build_objective(load_backbone(SETTINGS), recipe.scales[0], recipe, inputs)
        return ask(0.8 * inputs.content.flip(3) + 0.1).numbers()

    return made


@pytest.mark.parametrize("name", ["content", "style", "tv", "shading"])
def test_each_loss_is_in_the_total_with_the_recipes_weight(losses_of, name):
    recipe = plan(SETTINGS)

    def at(weight: float):
        return losses_of(replace(recipe, weights=replace(recipe.weights, **{name: weight})))

    none, one, three = (at(weight)["total"] for weight in (1e-9, 1.0, 3.0))
    value = at(1.0)[name]
    if name == "content":  # as a share of the photo's own style loss
        inputs = replace(recipe, weights=replace(recipe.weights, content=0.0, tv=0.0, shading=0.0))
        value *= own_style_loss(inputs, losses_of)
    assert one - none == pytest.approx(value, rel=1e-3) and value > 0
    assert three - none == pytest.approx(3 * value, rel=1e-3)


def own_style_loss(recipe, losses_of) -> float:
    """The photo's at the coarsest scale: the slope of the total over the weight of content."""
    def total(weight):
        found = losses_of(replace(recipe, weights=replace(recipe.weights, content=weight)))
        return found["total"], found["content"]

    (without, _), (with_it, content) = total(0.0), total(2.0)
    return (with_it - without) / 2 / content


def test_a_regions_weight_and_area_are_its_share_in_the_style_loss(losses_of, scaled):
    """Skin's style loss counts by its area times the recipe's skin_style."""
    recipe = plan(SETTINGS)

    def style(weight: float) -> float:
        return losses_of(replace(recipe, faces=replace(recipe.faces, skin_style=weight)))["style"]

    rest, skin = (float(region.where.mean()) for region in scaled(recipe, SETTINGS).regions)
    of_rest, of_skin = style(0.0), style(1e9)
    assert 0.05 < skin < rest and abs(of_skin - of_rest) > 0.1
    for weight in 0.4, 1.0, 3.0:
        share = weight * skin / (rest + weight * skin)
        assert style(weight) == pytest.approx((1 - share) * of_rest + share * of_skin, rel=1e-3)


def test_the_layers_of_the_scale_are_compared_with_their_weights(losses_of):
    recipe = plan(SETTINGS)

    def at(**layers):
        first = replace(recipe.scales[0], **layers)
        return losses_of(replace(recipe, scales=(first, *recipe.scales[1:])))

    one, two = (at(style={name: 1.0})["style"] for name in ("conv1_1", "conv3_1"))
    both = at(style={"conv1_1": 0.25, "conv3_1": 0.75})["style"]
    assert both == pytest.approx(0.25 * one + 0.75 * two, rel=1e-4) and one != two
    one, two = (at(content={name: 1.0})["content"] for name in ("conv2_1", "conv4_1"))
    both = at(content={"conv2_1": 0.5, "conv4_1": 2.0})["content"]
    assert both == pytest.approx(0.5 * one + 2 * two, rel=1e-4) and one != two


@pytest.mark.parametrize("statistics", ["covariance", "gram"])
def test_the_statistics_are_those_that_are_asked_for(photo_and_painting, statistics):
    photo, painting = photo_and_painting
    settings = replace(SETTINGS, statistics=statistics, style_layers="conv2_1")
    recipe, network = plan(settings), load_backbone(settings)
    inputs = ScaledInputs(photo, photo, (ScaledStyle(painting, 1.0),), (Region(None, (None,)),),
                          None, torch.ones_like(photo[:, :1]), torch.ones_like(photo[:, :1]))
    found = build_objective(network, recipe.scales[0], recipe, inputs)(photo).values["style"]
    ours, theirs = (network.features(x, ["conv2_1"])["conv2_1"] for x in (photo, painting))
    centred = statistics == "covariance"
    wanted = StyleLoss(moments(theirs, centred=centred)[None], centred=centred)(ours)
    assert float(found) == pytest.approx(float(wanted), rel=1e-5)


def test_several_styles_are_blended_by_their_weights(photo_and_painting):
    """What is wanted is the weighted mean of their moments."""
    photo, painting = photo_and_painting
    other = painting.flip(1) * 0.5
    network, recipe = load_backbone(SETTINGS), plan(replace(SETTINGS, style_layers="conv2_1"))
    styles = ScaledStyle(painting, 3.0), ScaledStyle(other, 1.0)
    inputs = ScaledInputs(photo, photo, styles, (Region(None, (None, None)),), None,
                          torch.ones_like(photo[:, :1]), torch.ones_like(photo[:, :1]))
    found = build_objective(network, recipe.scales[0], recipe, inputs)(photo).values["style"]
    one, two, ours = (network.features(x, ["conv2_1"])["conv2_1"]
                      for x in (painting, other, photo))
    wanted = StyleLoss((0.75 * moments(one) + 0.25 * moments(two))[None])(ours)
    assert float(found) == pytest.approx(float(wanted), rel=1e-5)
