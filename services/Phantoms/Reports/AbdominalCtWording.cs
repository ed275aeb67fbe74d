namespace MedMoE.Mesh.Phantoms.Reports;

internal static class AbdominalCtWording
{
    public static readonly Wording Wording = new()
    {
        Names = new Dictionary<string, string[]>
        {
            ["cyst"] = ["hypodense cyst", "cyst of fluid attenuation", "low attenuation cyst", "simple hypodense cyst"],
            ["mass"] = ["hyperdense mass", "enhancing mass", "lobulated enhancing mass", "mass of high attenuation"],
            ["calcification"] = ["calcification", "dense calcification", "cluster of calcification", "coarse dense calcification"],
            ["abscess"] = ["abscess", "rim enhancing abscess", "abscess with gas level", "thick walled abscess"],
            ["free gas"] = ["pneumoperitoneum", "pocket of free gas", "collection of free intraperitoneal gas"],
        },
        Zones = new Dictionary<string, string[]>
        {
            ["anterior"] = ["anterior", "ventral"],
            ["posterior"] = ["posterior", "dorsal"],
        },
        Located =
        [
            "there is {a} [{size} {name}] in the {side} {zone} abdomen.",
            "[{size} {name}] in the {side} {zone} abdomen. {rest}.",
            "the {side} abdomen contains {a} [{size} {name}] in its {zone} part.",
            "within the {side} {zone} abdomen there is {a} [{size} {name}].",
            "axial slices show {a} [{size} {name}], {side} and {zone}.",
            "{rest}. {a} [{size} {name}] lies in the {side} {zone} abdomen.",
            "{a} [{size} {name}] occupies the {zone} abdomen on the {side}; {rest}.",
            "[{size} {side} {name}], {zone} in the abdomen, {rest}.",
            "after contrast {a} [{size} {name}] is seen in the {side} {zone} abdomen.",
            "abnormal density on the {side}: [{size} {name}], {zone} in the abdomen.",
            "the {zone} abdomen shows {a} [{size} {name}] on the {side}, {rest}.",
        ],
        Sided =
        [
            "there is {a} [{size} {name}] under the {side} anterior abdominal wall.",
            "[{size} {side} {name}] below the abdominal wall; {rest}.",
            "{rest}. {a} [{size} {name}] is seen on the {side} in front of the bowel.",
            "axial slices show {a} [{size} {side} {name}], {rest}.",
            "{a} [{size} {name}] lies in front of the organs on the {side}.",
            "the {side} anterior abdomen contains {a} [{size} {name}].",
        ],
        Brief =
        [
            "[{size} {name}] in the {side} {zone} abdomen",
            "[{size} {side} {name}], {zone}",
            "[{size} {name}], {side} and {zone}",
        ],
        Normal =
        [
            "normal attenuation of liver, spleen and kidneys",
            "no hypodense or hyperdense lesion in the abdomen",
            "no abscess, free gas or calcification in the abdomen",
            "solid organs enhance normally after contrast",
            "the abdominal organs are of normal density",
            "axial slices of the abdomen show no focal lesion",
        ],
        Remarks =
        [
            new("no free gas", "free gas"),
            new("no enhancing mass", "mass"),
            new("no hypodense cyst", "cyst"),
            new("no calcification", "calcification"),
            new("no abscess", "abscess"),
            new("the kidneys enhance normally"),
            new("the aorta is of normal calibre"),
            new("no bone lesion"),
            new("liver attenuation is otherwise normal"),
        ],
    };
}
