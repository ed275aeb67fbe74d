namespace MedMoE.Mesh.Phantoms.Reports;

internal static class ChestXrayWording
{
    public static readonly Wording Wording = new()
    {
        Names = new Dictionary<string, string[]>
        {
            ["nodule"] = ["nodule", "round nodule", "rounded nodular opacity", "pulmonary nodule"],
            ["consolidation"] = ["consolidation", "patchy airspace opacity", "area of consolidation", "airspace consolidation"],
            ["pleural effusion"] = ["pleural effusion", "effusion", "pleural fluid collection"],
            ["pneumothorax"] = ["pneumothorax", "apical pneumothorax", "collection of pleural air"],
            ["cardiomegaly"] = ["cardiomegaly", "cardiac enlargement", "enlargement of the heart"],
        },
        Zones = new Dictionary<string, string[]>
        {
            ["upper"] = ["upper zone", "upper lung zone", "upper lung field"],
            ["middle"] = ["middle zone", "middle lung zone", "mid lung field"],
            ["lower"] = ["lower zone", "lower lung zone", "lower lung field"],
            ["central"] = ["centre"],
        },
        Sizes = new Dictionary<string, string[][]> { ["cardiomegaly"] = [["mild", "slight"], ["moderate"], ["marked", "severe"]] },
        Located =
        [
            "there is {a} [{size} {name}] in the {side} {zone}.",
            "[{size} {name}] in the {side} {zone}. {rest}.",
            "the {side} lung shows {a} [{size} {name}] in the {zone}.",
            "within the {side} {zone} there is {a} [{size} {name}].",
            "{a} [{size} {name}] projects over the {side} {zone}; {rest}.",
            "{rest}. {a} [{size} {name}] is seen in the {side} {zone}.",
            "{a} [{size} {name}] overlies the {zone} of the {side} lung.",
            "[{size} {side} {name}] in the {zone}, {rest}.",
            "lung fields: [{size} {name}] on the {side}, {zone}.",
            "the {side} {zone} contains {a} [{size} {name}], {rest}.",
            "findings are in keeping with {a} [{size} {name}] in the {side} {zone}.",
        ],
        Sided =
        [
            "there is {a} [{size} {side} {name}]. {rest}.",
            "[{size} {name}] on the {side}, {rest}.",
            "{a} [{size} {side} sided {name}] is present; {rest}.",
            "{rest}. {a} [{size} {name}] is seen on the {side}.",
            "the {side} hemithorax shows {a} [{size} {name}].",
            "appearances are those of {a} [{size} {side} {name}].",
        ],
        Central =
        [
            "there is [{size} {name}]. {rest}.",
            "[{size} {name}] on this frontal view; {rest}.",
            "{rest}. The cardiac silhouette shows [{size} {name}].",
            "the heart shadow is wide, with [{size} {name}].",
            "the cardiothoracic ratio is raised by [{size} {name}].",
        ],
        Brief =
        [
            "[{size} {name}] in the {side} {zone}",
            "[{size} {side} {name}] in the {zone}",
            "[{size} {name}] over the {side} {zone}",
        ],
        Normal =
        [
            "the lungs are clear and the heart size is normal",
            "no focal airspace opacity, pleural effusion or pneumothorax",
            "normal heart and mediastinum, clear lung fields",
            "no nodule or consolidation in either lung",
            "both lung fields are clear with sharp costophrenic angles",
            "normal frontal chest without any focal lung opacity",
        ],
        Remarks =
        [
            new("heart size is normal", "cardiomegaly"),
            new("the cardiac silhouette is not enlarged", "cardiomegaly"),
            new("no pneumothorax", "pneumothorax"),
            new("no pleural effusion", "pleural effusion"),
            new("no pulmonary nodule", "nodule"),
            new("no airspace consolidation", "consolidation"),
            new("costophrenic angles are sharp", "pleural effusion"),
            new("the mediastinum is central"),
            new("the ribs are intact"),
        ],
    };
}
