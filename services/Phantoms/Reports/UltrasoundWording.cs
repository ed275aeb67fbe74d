namespace MedMoE.Mesh.Phantoms.Reports;

internal static class UltrasoundWording
{
    public static readonly Wording Wording = new()
    {
        Names = new Dictionary<string, string[]>
        {
            ["cyst"] = ["anechoic cyst", "simple anechoic cyst", "cyst with posterior enhancement", "echo free cyst"],
            ["stone"] = ["echogenic stone", "stone with acoustic shadow", "shadowing stone", "shadowing echogenic calculus"],
            ["solid mass"] = ["hypoechoic mass", "solid hypoechoic mass", "solid hypoechoic nodule", "irregular hypoechoic mass"],
            ["haemangioma"] = ["echogenic haemangioma", "hyperechoic haemangioma", "hyperechoic lesion", "haemangioma"],
            ["free fluid"] = ["pocket of free fluid", "wedge of free fluid", "anechoic free fluid collection"],
        },
        Zones = new Dictionary<string, string[]>
        {
            ["near"] = ["near field", "superficial part"],
            ["middle"] = ["middle field", "middle part"],
            ["far"] = ["far field", "deep part"],
        },
        Located =
        [
            "there is {a} [{size} {name}] in the {zone} on the {side}.",
            "[{size} {name}] in the {side} {zone}. {rest}.",
            "the {side} {zone} of the sector shows {a} [{size} {name}].",
            "within the {zone} on the {side} there is {a} [{size} {name}].",
            "{a} [{size} {name}] is seen {side} of the midline in the {zone}.",
            "{rest}. {a} [{size} {name}] lies in the {side} {zone}.",
            "scanning shows {a} [{size} {name}] on the {side}, {zone}.",
            "[{size} {side} {name}] in the {zone}, {rest}.",
            "on the {side} the probe finds {a} [{size} {name}] in the {zone}.",
            "altered echo pattern on the {side}: [{size} {name}] in the {zone}.",
            "the {zone} contains {a} [{size} {name}] on the {side}; {rest}.",
        ],
        Sided = [],
        Brief =
        [
            "[{size} {name}] in the {side} {zone}",
            "[{size} {side} {name}] in the {zone}",
            "[{size} {name}] on the {side}, {zone}",
        ],
        Normal =
        [
            "homogeneous echo texture without focal lesion",
            "normal parenchymal echogenicity, no cyst or stone",
            "no free fluid and no shadowing stone",
            "uniform echogenicity throughout the near and far field",
            "no anechoic or hypoechoic lesion within the sector",
            "the organ is of normal echotexture without focal mass",
        ],
        Remarks =
        [
            new("no free fluid", "free fluid"),
            new("no shadowing stone", "stone"),
            new("no anechoic cyst", "cyst"),
            new("no hypoechoic mass", "solid mass"),
            new("no hyperechoic lesion", "haemangioma"),
            new("echotexture is otherwise homogeneous"),
            new("parenchymal echogenicity is normal"),
            new("the diaphragm echo is intact"),
            new("vessels are not dilated"),
        ],
    };
}
