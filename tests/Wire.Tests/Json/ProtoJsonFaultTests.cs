using System.Text;
using MedMoE.Mesh.V1;
using MedMoE.Mesh.Wire.Json;

namespace MedMoE.Mesh.Wire.Tests.Json;

public sealed class ProtoJsonFaultTests
{
    private const string Secret = "Mr Miller";

    [Theory]
    // The text as a whole.
    [InlineData("", "body", "is empty")]
    [InlineData("  ", "body", "is not JSON")]
    [InlineData("Mr Miller", "body", "line 1, column 1")]
    [InlineData("{\"report\":\n \"Mr Miller\" \"phrases\"}", "body", "line 2, column 14")]
    [InlineData("""{"report": "Mr Miller""", "body", "is not JSON")]
    [InlineData("""{"report": "Mr Miller"}}""", "body", "is not JSON")]
    [InlineData("""{"report": "Mr Miller",}""", "body", "is not JSON")]
    [InlineData("""{"report": "Mr Miller" /* */}""", "body", "is not JSON")]
    [InlineData("""{'report': 'Mr Miller'}""", "body", "is not JSON")]
    [InlineData("""{"report": NaN}""", "body", "is not JSON")]
    [InlineData("""{"report": "Mr Miller \x"}""", "body", "is not JSON")]
    [InlineData("null", "body", "is null, expected an object")]
    [InlineData("[]", "body", "is a list, expected an object")]
    [InlineData("\"Mr Miller\"", "body", "is text, expected an object")]
    // Names.
    [InlineData("""{"reprot": ""}""", "reprot", "the nearest is report")]
    [InlineData("""{"image": {"encodedd": ""}}""", "image.encodedd", "the nearest is encoded")]
    [InlineData("""{"Mr Miller is ill": ""}""", "body", "has an unknown field, not quoted here; known: image, report")]
    [InlineData("""{"image": {"": ""}}""", "image", "has an unknown field")]
    [InlineData("""{"report": "Mr Miller", "report": ""}""", "report", "is given twice")]
    [InlineData("""{"returnAttention": true, "return_attention": true}""", "return_attention", "is given twice")]
    [InlineData("""{"image": {"encoded": "", "pixels": {}}}""", "image.pixels", "cannot be given together with encoded")]
    // Kinds.
    [InlineData("""{"report": 7}""", "report", "is a number, expected text")]
    [InlineData("""{"report": ["Mr Miller"]}""", "report", "is a list, expected text")]
    [InlineData("""{"report": "\ud800 Mr Miller"}""", "report", "surrogate")]
    [InlineData("""{"image": "Mr Miller"}""", "image", "is text, expected an object")]
    [InlineData("""{"phrases": "Mr Miller"}""", "phrases", "is text, expected a list")]
    [InlineData("""{"phrases": ["a", "b", {"x": "Mr Miller"}]}""", "phrases[2]", "is an object, expected text")]
    [InlineData("""{"phrases": ["a", null]}""", "phrases[1]", "is null, expected text")]
    [InlineData("""{"returnAttention": "true"}""", "return_attention", "is text, expected true or false")]
    [InlineData("""{"returnAttention": 1}""", "return_attention", "is a number, expected true or false")]
    [InlineData("""{"gating": {"policy": "Mr Miller"}}""", "gating.policy", "is none of GATING_POLICY_UNSPECIFIED, GATING_POLICY_AUTO")]
    [InlineData("""{"gating": {"policy": 1.5}}""", "gating.policy", "is not a number of type int32")]
    [InlineData("""{"gating": {"policy": 99999999999}}""", "gating.policy", "out of its range")]
    [InlineData("""{"gating": {"policy": []}}""", "gating.policy", "is a list, expected a name of GatingPolicy")]
    [InlineData("""{"image": {"encoded": "Mr Miller!"}}""", "image.encoded", "is not base64")]
    [InlineData("""{"image": {"encoded": "AAAAA"}}""", "image.encoded", "is not base64")]
    [InlineData("""{"image": {"encoded": "AA==AA=="}}""", "image.encoded", "is not base64")]
    [InlineData("""{"image": {"encoded": "+_8="}}""", "image.encoded", "is not base64")]
    [InlineData("""{"image": {"encoded": "\ud800"}}""", "image.encoded", "is not base64")]
    [InlineData("""{"image": {"encoded": [1, 2]}}""", "image.encoded", "is a list, expected base64")]
    // Tensors.
    [InlineData("""{"image": {"pixels": {"shape": ["x"]}}}""", "image.pixels.shape[0]", "is not a number of type int64")]
    [InlineData("""{"image": {"pixels": {"shape": [1, 9223372036854775808]}}}""", "image.pixels.shape[1]", "out of its range")]
    [InlineData("""{"image": {"pixels": {"shape": [true]}}}""", "image.pixels.shape[0]", "is true or false, expected a number")]
    [InlineData("""{"image": {"pixels": {"shape": [2], "values": [1]}}}""", "image.pixels.values", "has 1 numbers")]
    [InlineData("""{"image": {"pixels": {"shape": [-1, -1], "values": [1]}}}""", "image.pixels.values", "has 1 numbers")]
    [InlineData("""{"image": {"pixels": {"shape": [4294967296, 4294967296, 4294967296], "values": [1]}}}""", "image.pixels.values", "has 1 numbers")]
    [InlineData("""{"image": {"pixels": {"shape": [1], "values": [1], "data": "AAAA"}}}""", "image.pixels.values", "together with data")]
    [InlineData("""{"image": {"pixels": {"shape": [1], "values": [1], "dataType": 9}}}""", "image.pixels.data_type", "is none of FP32")]
    [InlineData("""{"image": {"pixels": {"values": [1], "values": [1]}}}""", "image.pixels.values", "is given twice")]
    [InlineData("""{"image": {"pixels": {"values": 1}}}""", "image.pixels.values", "is a number, expected a list")]
    [InlineData("""{"image": {"pixels": {"values": [1, 1e39]}}}""", "image.pixels.values[1]", "out of the range of FP32")]
    [InlineData("""{"image": {"pixels": {"values": [1, "Mr Miller"]}}}""", "image.pixels.values[1]", "is not a number")]
    [InlineData("""{"image": {"pixels": {"values": [1, " 1"]}}}""", "image.pixels.values[1]", "is not a number")]
    [InlineData("""{"image": {"pixels": {"values": [[1]]}}}""", "image.pixels.values[0]", "is a list, expected a number")]
    [InlineData("""{"image": {"pixels": {"values": [1, null]}}}""", "image.pixels.values[1]", "is null, expected a number")]
    public void Read_WrongRequest_NamesTheFieldAndRepeatsNoValue(string text, string field, string reason)
    {
        var e = Assert.Throws<InvalidFieldException>(() => ProtoJsonTests.Read(text, AnalyzeRequest.Descriptor));
        Assert.Equal(field, e.Field);
        Assert.Contains(reason, e.Reason);
        Assert.DoesNotContain(Secret, e.ToString());
    }

    [Theory]
    [InlineData("""{"byString": {"a": "", "a": ""}}""", "by_string[\"a\"]", "is given twice")]
    [InlineData("""{"byString": {"Mr Miller": 1}}""", "by_string[entry 0]", "expected text")]
    [InlineData("""{"byInt32": {"1": "", "01": ""}}""", "by_int32[\"01\"]", "is given twice")]
    [InlineData("""{"byInt32": {"x": ""}}""", "by_int32[\"x\"]", "is not a number")]
    [InlineData("""{"byBool": {"yes": 0}}""", "by_bool[\"yes\"]", "is not true or false")]
    [InlineData("""{"byUint64": {"5": {"child": {"aUint32": -1}}}}""", "by_uint64[\"5\"].child.a_uint32", "out of its range")]
    [InlineData("""{"aFloat": 1e39}""", "a_float", "out of its range")]
    [InlineData("""{"aDouble": "1e999"}""", "a_double", "out of its range")]
    [InlineData("""{"anInt32": ""}""", "an_int32", "is not a number")]
    [InlineData("""{"anInt64": "1\u0030"}""", "an_int64", "is not a number")]
    [InlineData("""{"anInt64": 1e300}""", "an_int64", "is not a number")]
    [InlineData("""{"aText": "", "aNumber": 1}""", "a_number", "cannot be given together with a_text")]
    public void Read_WrongFieldOfAnyKind_NamesIt(string text, string field, string reason)
    {
        var e = Assert.Throws<InvalidFieldException>(() => ProtoJsonTests.Read(text, EveryKind.Descriptor));
        Assert.Equal(field, e.Field);
        Assert.Contains(reason, e.Reason);
    }

    [Fact]
    public void Read_NoUtf8_IsRefused() => AssertRefused([.. "{\"report\": \""u8, 0xFF, .. "\"}"u8], "is not UTF-8");

    [Fact]
    public void Read_Deep_IsRefused()
    {
        var text = string.Concat(Enumerable.Repeat("{\"child\":", 100_000));
        var e = Assert.Throws<InvalidFieldException>(() => ProtoJsonTests.Read(text, EveryKind.Descriptor));
        Assert.Contains("deeper than 32 levels", e.Reason);
    }

    [Fact]
    public void Read_ManyElements_IsRefusedBeforeTheyTakeMemory()
    {
        var text = Encoding.UTF8.GetBytes($"{{\"phrases\": [{string.Join(',', Enumerable.Repeat("\"\"", 8 << 20))}]}}");
        var before = GC.GetAllocatedBytesForCurrentThread();
        AssertRefused(text, "has more than 65536 objects and elements of lists");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 << 20);
    }

    private static void AssertRefused(byte[] text, string reason)
    {
        var e = Assert.Throws<InvalidFieldException>(() => ProtoJson.Read(text, AnalyzeRequest.Descriptor));
        Assert.Equal(ProtoJson.Body, e.Field);
        Assert.Contains(reason, e.Reason);
    }
}
