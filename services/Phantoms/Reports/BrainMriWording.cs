namespace MedMoE.Mesh.Phantoms.Reports;

internal static class BrainMriWording
{
    public static readonly Wording Wording = new()
    {
        Names = new Dictionary<string, string[]>
        {
            ["oedema/T1"] = ["hypointense oedema", "oedema of low signal", "vasogenic oedema", "white matter oedema"],
            ["oedema/T2"] = ["hyperintense oedema", "oedema of high signal", "vasogenic oedema", "white matter oedema"],
            ["tumour"] = ["ring enhancing tumour", "rim enhancing tumour", "tumour with enhancing ring", "necrotic enhancing tumour"],
            ["infarct/T1"] = ["hypointense infarct", "cortical infarct", "wedge shaped infarct", "infarct of low signal"],
            ["infarct/T2"] = ["hyperintense infarct", "cortical infarct", "wedge shaped infarct", "infarct of high signal"],
            ["cavernoma"] = ["cavernoma", "cavernoma with haemosiderin rim", "popcorn cavernoma", "cavernoma of mixed signal"],
            ["subdural haematoma"] =
            [
                "subdural haematoma", "hyperintense subdural haematoma", "crescentic subdural haematoma", "subdural blood collection",
            ],
        },
        Zones = new Dictionary<string, string[]>
        {
            ["frontal"] = ["frontal"],
            ["parietal"] = ["parietal"],
            ["occipital"] = ["occipital"],
        },
        Located =
        [
            "there is {a} [{size} {name}] in the {side} {zone} region of the brain.",
            "[{size} {name}] in the {side} {zone} region. {rest}.",
            "the {side} hemisphere shows {a} [{size} {name}], {zone} region.",
            "abnormal signal on the {side}: [{size} {name}] in the {zone} region.",
            "{rest}. {a} [{size} {name}] is seen in the {side} {zone} region.",
            "within the {side} {zone} region there is {a} [{size} {name}].",
            "[{size} {side} {zone} {name}]; {rest}.",
            "{a} [{size} {name}] lies in the {zone} region on the {side}, {rest}.",
            "signal change in the {side} {zone} region in keeping with {a} [{size} {name}].",
            "the {zone} region of the {side} hemisphere contains {a} [{size} {name}].",
            "intracranial finding: [{size} {side} {name}] in the {zone} region, {rest}.",
        ],
        Sided = [],
        Brief =
        [
            "[{size} {name}] in the {side} {zone} region",
            "[{size} {side} {zone} {name}]",
            "{side} {zone} [{size} {name}]",
        ],
        Normal =
        [
            "normal signal of gray and white matter",
            "no intracranial mass, infarct or haematoma",
            "ventricles and sulci are normal, no abnormal signal in the brain",
            "no hyperintense or hypointense lesion in either hemisphere",
            "brain parenchyma shows normal signal without oedema",
            "no enhancing tumour and no subdural haematoma",
        ],
        Remarks =
        [
            new("no infarct", "infarct"),
            new("no subdural haematoma", "subdural haematoma"),
            new("no enhancing tumour", "tumour"),
            new("no oedema of the white matter", "oedema", "tumour"),
            new("no cavernoma", "cavernoma"),
            new("ventricles are of normal size"),
            new("the midline is not shifted"),
            new("signal of the other hemisphere is normal"),
            new("deep gray matter has normal signal"),
        ],
    };
}
