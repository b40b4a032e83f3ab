namespace Workbench.Core.Tokenizers;

/// <summary>
/// The character properties that BERT's tokenizer in the Rust library <c>tokenizers</c> works with, as ranges of code points in hexadecimal.
/// </summary>
/// <remarks>
/// Its categories are those of the crate unicode_categories 0.1.1, an older Unicode than .NET's, and its decompositions those of
/// unicode-normalization-alignments 0.1.12; the ranges were read off tokenizers 0.23.2 itself, one code point at a time.
/// They stand here because .NET's own answers change with its version and, for decomposition and case, with the globalization
/// mode of the process: under InvariantGlobalization string.Normalize leaves text as it is.
/// </remarks>
internal static class BertCharacterTables
{
    /// <summary>Removed by the clean-up: controls, formats, private use, NUL and U+FFFD; tab, line feed and carriage return stay.</summary>
    internal const string Removed =
        "0-8 B-C E-1F 7F-9F AD 600-605 61C 6DD 70F 180E 200B-200F 202A-202E 2060-2064 2066-206F E000-F8FF FEFF " +
        "FFF9-FFFB FFFD 110BD 1BCA0-1BCA3 1D173-1D17A E0001 E0020-E007F F0000-FFFFD 100000-10FFFD";

    /// <summary>White space (the property White_Space).</summary>
    internal const string WhiteSpace = "9-D 20 85 A0 1680 2000-200A 2028-2029 202F 205F 3000";

    /// <summary>Ideographs that become words of their own; Extension E begins at 2B920 there, not at 2B820, as in BERT's own code.</summary>
    internal const string Ideographs = "3400-4DBF 4E00-9FFF F900-FAFF 20000-2A6DF 2A700-2B81F 2B920-2CEAF 2F800-2FA1F";

    /// <summary>Punctuation: the general categories P*, and every ASCII character that is neither letter, digit, space nor control.</summary>
    internal const string Punctuation =
        "21-2F 3A-40 5B-60 7B-7E A1 A7 AB B6-B7 BB BF 37E 387 55A-55F 589-58A 5BE 5C0 5C3 5C6 5F3-5F4 609-60A " +
        "60C-60D 61B 61E-61F 66A-66D 6D4 700-70D 7F7-7F9 830-83E 85E 964-965 970 AF0 DF4 E4F E5A-E5B F04-F12 F14 " +
        "F3A-F3D F85 FD0-FD4 FD9-FDA 104A-104F 10FB 1360-1368 1400 166D-166E 169B-169C 16EB-16ED 1735-1736 " +
        "17D4-17D6 17D8-17DA 1800-180A 1944-1945 1A1E-1A1F 1AA0-1AA6 1AA8-1AAD 1B5A-1B60 1BFC-1BFF 1C3B-1C3F " +
        "1C7E-1C7F 1CC0-1CC7 1CD3 2010-2027 2030-2043 2045-2051 2053-205E 207D-207E 208D-208E 2308-230B 2329-232A " +
        "2768-2775 27C5-27C6 27E6-27EF 2983-2998 29D8-29DB 29FC-29FD 2CF9-2CFC 2CFE-2CFF 2D70 2E00-2E2E 2E30-2E42 " +
        "3001-3003 3008-3011 3014-301F 3030 303D 30A0 30FB A4FE-A4FF A60D-A60F A673 A67E A6F2-A6F7 A874-A877 " +
        "A8CE-A8CF A8F8-A8FA A8FC A92E-A92F A95F A9C1-A9CD A9DE-A9DF AA5C-AA5F AADE-AADF AAF0-AAF1 ABEB FD3E-FD3F " +
        "FE10-FE19 FE30-FE52 FE54-FE61 FE63 FE68 FE6A-FE6B FF01-FF03 FF05-FF0A FF0C-FF0F FF1A-FF1B FF1F-FF20 " +
        "FF3B-FF3D FF3F FF5B FF5D FF5F-FF65 10100-10102 1039F 103D0 1056F 10857 1091F 1093F 10A50-10A58 10A7F " +
        "10AF0-10AF6 10B39-10B3F 10B99-10B9C 11047-1104D 110BB-110BC 110BE-110C1 11140-11143 11174-11175 " +
        "111C5-111C9 111CD 111DB 111DD-111DF 11238-1123D 112A9 114C6 115C1-115D7 11641-11643 1173C-1173E " +
        "12470-12474 16A6E-16A6F 16AF5 16B37-16B3B 16B44 1BC9F 1DA87-1DA8B";

    /// <summary>Non-spacing marks of canonical combining class 0: dropped with the accents, and nothing is reordered across them.</summary>
    internal const string StarterMarks =
        "34F 7A6-7B0 900-902 93A 941-948 955-957 962-963 981 9C1-9C4 9E2-9E3 A01-A02 A41-A42 A47-A48 A4B-A4C A51 " +
        "A70-A71 A75 A81-A82 AC1-AC5 AC7-AC8 AE2-AE3 B01 B3F B41-B44 B56 B62-B63 B82 BC0 C00 C3E-C40 C46-C48 " +
        "C4A-C4C C62-C63 C81 CBF CC6 CCC CE2-CE3 D01 D41-D44 D62-D63 DD2-DD4 DD6 E31 E34-E37 E47 E4C-E4E EB1 " +
        "EB4-EB7 EBB-EBC ECC-ECD F76-F79 F7E F8D-F97 F99-FBC 102D-1030 1032-1036 103D-103E 1058-1059 105E-1060 " +
        "1071-1074 1082 1085-1086 109D 1712-1713 1732-1733 1752-1753 1772-1773 17B4-17B5 17B7-17BD 17C6 17C9-17D1 " +
        "17D3 180B-180D 1920-1922 1927-1928 1932 1A1B 1A56 1A58-1A5E 1A62 1A65-1A6C 1A73-1A74 1B00-1B03 1B36-1B3A " +
        "1B3C 1B42 1B80-1B81 1BA2-1BA5 1BA8-1BA9 1BAC-1BAD 1BE8-1BE9 1BED 1BEF-1BF1 1C2C-1C33 1C36 A802 A80B " +
        "A825-A826 A926-A92A A947-A951 A980-A982 A9B6-A9B9 A9BC A9E5 AA29-AA2E AA31-AA32 AA35-AA36 AA43 AA4C AA7C " +
        "AAEC-AAED ABE5 ABE8 FE00-FE0F 10A01-10A03 10A05-10A06 10A0C 10A0E 11001 11038-11045 11080-11081 " +
        "110B3-110B6 11127-1112B 1112D-11132 11180-11181 111B6-111BE 111CB-111CC 1122F-11231 11234 11237 112DF " +
        "112E3-112E8 11300-11301 11340 114B3-114B8 114BA 114BF-114C0 115B2-115B5 115BC-115BD 115DC-115DD " +
        "11633-1163A 1163D 11640 116AB 116AD 116B0-116B5 1171D-1171F 11722-11725 11727-1172A 16F8F-16F92 1BC9D " +
        "1DA00-1DA36 1DA3B-1DA6C 1DA75 1DA84 1DA9B-1DA9F 1DAA1-1DAAF E0100-E01EF";

    /// <summary>Non-spacing marks of another combining class: dropped with the accents.</summary>
    internal const string Accents =
        "300-34E 350-36F 483-487 591-5BD 5BF 5C1-5C2 5C4-5C5 5C7 610-61A 64B-65F 670 6D6-6DC 6DF-6E4 6E7-6E8 " +
        "6EA-6ED 711 730-74A 7EB-7F3 816-819 81B-823 825-827 829-82D 859-85B 8E3-8FF 93C 94D 951-954 9BC 9CD A3C " +
        "A4D ABC ACD B3C B4D BCD C4D C55-C56 CBC CCD D4D DCA E38-E3A E48-E4B EB8-EB9 EC8-ECB F18-F19 F35 F37 F39 " +
        "F71-F75 F7A-F7D F80-F84 F86-F87 FC6 1037 1039-103A 108D 135D-135F 1714 1734 17D2 17DD 18A9 1939-193B " +
        "1A17-1A18 1A60 1A75-1A7C 1A7F 1AB0-1ABD 1B34 1B6B-1B73 1BAB 1BE6 1C37 1CD0-1CD2 1CD4-1CE0 1CE2-1CE8 1CED " +
        "1CF4 1CF8-1CF9 1DC0-1DF5 1DFC-1DFF 20D0-20DC 20E1 20E5-20F0 2CEF-2CF1 2D7F 2DE0-2DFF 302A-302D 3099-309A " +
        "A66F A674-A67D A69E-A69F A6F0-A6F1 A806 A8C4 A8E0-A8F1 A92B-A92D A9B3 AAB0 AAB2-AAB4 AAB7-AAB8 AABE-AABF " +
        "AAC1 AAF6 ABED FB1E FE20-FE2F 101FD 102E0 10376-1037A 10A0D 10A0F 10A38-10A3A 10A3F 10AE5-10AE6 11046 " +
        "1107F 110B9-110BA 11100-11102 11133-11134 11173 111CA 11236 112E9-112EA 1133C 11366-1136C 11370-11374 " +
        "114C2-114C3 115BF-115C0 1163F 116B7 1172B 16AF0-16AF4 16B30-16B36 1BC9E 1D167-1D169 1D17B-1D182 " +
        "1D185-1D18B 1D1AA-1D1AD 1D242-1D244 1E8D0-1E8D6";

    /// <summary>What stays although it has a canonical combining class: ranges with the class.</summary>
    internal const string CombiningClasses =
        "8D4-8E1:230 1B44:9 1BAA:9 1BF2-1BF3:9 1DFB:230 302E-302F:224 A953:9 A9C0:9 111C0:9 11235:9 1134D:9 " +
        "11442:9 11446:7 116B6:9 11C3F:9 1D165-1D166:216 1D16D:226 1D16E-1D172:216 1E000-1E006:230 1E008-1E018:230 " +
        "1E01B-1E021:230 1E023-1E024:230 1E026-1E02A:230 1E944-1E949:230 1E94A:7";

    /// <summary>
    /// Full canonical decompositions without the marks that are dropped: the first code point of a run, then one character for each. Hangul is computed.
    /// </summary>
    internal const string BaseCharacters =
        "C0:AAAAAA C7:CEEEEIIII D1:NOOOOO D9:UUUUY E0:aaaaaa E7:ceeeeiiii F1:nooooo F9:uuuuy FF:yAaAaAaCcCcCcCcDd " +
        "112:EeEeEeEeEeGgGgGgGgHh 128:IiIiIiIiI 134:JjKk 139:LlLlLl 143:NnNnNn 14C:OoOoOo 154:RrRrRrSsSsSsSsTtTt " +
        "168:UuUuUuUuUuUuWwYyYZzZzZz 1A0:Oo 1AF:Uu 1CD:AaIiOoUuUuUuUuUu 1DE:AaAaÆæ 1E6:GgKkOoOoƷʒj 1F4:Gg " +
        "1F8:NnAaÆæØøAaAaEeEeIiIiOoOoRrRrUuUuSsTt 21E:Hh 226:AaEeOoOoOoOoYy 374:ʹ 37E:\u003B 385:\u00A8Α\u00B7ΕΗΙ " +
        "38C:Ο 38E:ΥΩι 3AA:ΙΥαεηιυ 3CA:ιυουω 3D3:ϒϒ 400:ЕЕ 403:Г 407:І 40C:КИУ 419:И 439:и 450:ее 453:г 457:і " +
        "45C:киу 476:Ѵѵ 4C1:Жж 4D0:АаАа 4D6:Ее 4DA:ӘәЖжЗз 4E2:ИиИиОо 4EA:ӨөЭэУуУуУуЧч 4F8:Ыы " +
        "622:\u0627\u0627\u0648\u0627\u064A 6C0:\u06D5 6C2:\u06C1 6D3:\u06D2 929:न 931:र 934:ळ 958:कखगजडढफय 9DC:ডঢ " +
        "9DF:য A33:ਲ A36:ਸ A59:ਖਗਜ A5E:ਫ B48:\u0B47 B5C:ଡଢ CC0:\u0CD5 CC7:\u0CD5\u0CD6 CCA:\u0CC2 DDA:\u0DD9 F43:ག " +
        "F4D:ཌ F52:ད F57:བ F5C:ཛ F69:ཀ 1026:ဥ 1B3B:\u1B35 1B3D:\u1B35 1B43:\u1B35 " +
        "1E00:AaBbBbBbCcDdDdDdDdDdEeEeEeEeEeFfGgHhHhHh 1E28:HhHhIiIiKkKkKkLlLlLlLlMmMmMmNnNnNnNnOoOo " +
        "1E50:OoOoPpPpRrRrRrRrSsSsSsSsSsTtTtTtTtUuUuUu 1E78:UuUuVvVvWwWwWwWwWwXxXxYyZzZzZzhtwy 1E9B:ſ " +
        "1EA0:AaAaAaAaAaAaAaAaAaAaAaAaEeEeEeEeEeEeEeEe 1EC8:IiIiOoOoOoOoOoOoOoOoOoOoOoOoUuUuUuUuUuUu " +
        "1EF0:UuYyYyYyYy 1F00:ααααααααΑΑΑΑΑΑΑΑεεεεεε 1F18:ΕΕΕΕΕΕ 1F20:ηηηηηηηηΗΗΗΗΗΗΗΗιιιιιιιιΙΙΙΙΙΙΙΙοοοοοο " +
        "1F48:ΟΟΟΟΟΟ 1F50:υυυυυυυυ 1F59:Υ 1F5B:Υ 1F5D:Υ 1F5F:ΥωωωωωωωωΩΩΩΩΩΩΩΩααεεηηιιοουυωω " +
        "1F80:ααααααααΑΑΑΑΑΑΑΑηηηηηηηηΗΗΗΗΗΗΗΗωωωωωωωω 1FA8:ΩΩΩΩΩΩΩΩααααα 1FB6:ααΑΑΑΑΑ 1FBE:ι 1FC1:\u00A8ηηη " +
        "1FC6:ηηΕΕΗΗΗ\u1FBF\u1FBF\u1FBFιιιι 1FD6:ιιΙΙΙΙ 1FDD:\u1FFE\u1FFE\u1FFEυυυυρρυυΥΥΥΥΡ\u00A8\u00A8\u0060 " +
        "1FF2:ωωω 1FF6:ωωΟΟΩΩΩ\u00B4 2000:\u2002\u2003 2126:Ω 212A:KA 219A:\u2190\u2192 21AE:\u2194 " +
        "21CD:\u21D0\u21D4\u21D2 2204:\u2203 2209:\u2208 220C:\u220B 2224:\u2223 2226:\u2225 2241:\u223C " +
        "2244:\u2243 2247:\u2245 2249:\u2248 2260:\u003D 2262:\u2261 226D:\u224D\u003C\u003E\u2264\u2265 " +
        "2274:\u2272\u2273 2278:\u2276\u2277 2280:\u227A\u227B 2284:\u2282\u2283 2288:\u2286\u2287 " +
        "22AC:\u22A2\u22A8\u22A9\u22AB 22E0:\u227C\u227D\u2291\u2292 22EA:\u22B2\u22B3\u22B4\u22B5 " +
        "2329:\u3008\u3009 2ADC:\u2ADD 304C:か 304E:き 3050:く 3052:け 3054:こ 3056:さ 3058:し 305A:す 305C:せ " +
        "305E:そ 3060:た 3062:ち 3065:つ 3067:て 3069:と 3070:はは 3073:ひひ 3076:ふふ 3079:へへ 307C:ほほ 3094:う " +
        "309E:ゝ 30AC:カ 30AE:キ 30B0:ク 30B2:ケ 30B4:コ 30B6:サ 30B8:シ 30BA:ス 30BC:セ 30BE:ソ 30C0:タ 30C2:チ " +
        "30C5:ツ 30C7:テ 30C9:ト 30D0:ハハ 30D3:ヒヒ 30D6:フフ 30D9:ヘヘ 30DC:ホホ 30F4:ウ 30F7:ワヰヱヲ 30FE:ヽ " +
        "F900:豈更車賈滑串句龜龜契金喇奈懶癩羅蘿螺裸邏樂洛烙珞落酪駱亂卵欄爛蘭鸞嵐濫藍襤拉臘蠟 " +
        "F928:廊朗浪狼郎來冷勞擄櫓爐盧老蘆虜路露魯鷺碌祿綠菉錄鹿論壟弄籠聾牢磊賂雷壘屢樓淚漏累 " +
        "F950:縷陋勒肋凜凌稜綾菱陵讀拏樂諾丹寧怒率異北磻便復不泌數索參塞省葉說殺辰沈拾若掠略亮 " +
        "F978:兩凉梁糧良諒量勵呂女廬旅濾礪閭驪麗黎力曆歷轢年憐戀撚漣煉璉秊練聯輦蓮連鍊列劣咽烈 " +
        "F9A0:裂說廉念捻殮簾獵令囹寧嶺怜玲瑩羚聆鈴零靈領例禮醴隸惡了僚寮尿料樂燎療蓼遼龍暈阮劉 " +
        "F9C8:杻柳流溜琉留硫紐類六戮陸倫崙淪輪律慄栗率隆利吏履易李梨泥理痢罹裏裡里離匿溺吝燐璘 " +
        "F9F0:藺隣鱗麟林淋臨立笠粒狀炙識什茶刺切度拓糖宅洞暴輻行降見廓兀嗀 FA10:塚 FA12:晴 " +
        "FA15:凞猪益礼神祥福靖精羽 FA20:蘒 FA22:諸 FA25:逸都 " +
        "FA2A:飯飼館鶴郞隷侮僧免勉勤卑喝嘆器塀墨層屮悔慨憎懲敏既暑梅海渚漢煮爫琢碑社祉祈祐祖祝 " +
        "FA52:禍禎穀突節練縉繁署者臭艹艹著褐視謁謹賓贈辶逸難響頻恵𤋮舘 " +
        "FA70:並况全侀充冀勇勺喝啕喙嗢塚墳奄奔婢嬨廒廙彩徭惘慎愈憎慠懲戴揄搜摒敖晴朗望杖歹殺流 " +
        "FA98:滛滋漢瀞煮瞧爵犯猪瑱甆画瘝瘟益盛直睊着磌窱節类絛練缾者荒華蝹襁覆視調諸請謁諾諭謹 " +
        "FAC0:變贈輸遲醙鉶陼難靖韛響頋頻鬒龜𢡊𢡄𣏕㮝䀘䀹𥉉𥳐𧻓齃龎 FB1D:\u05D9 FB1F:\u05F2 " +
        "FB2A:\u05E9\u05E9\u05E9\u05E9\u05D0\u05D0\u05D0\u05D1\u05D2\u05D3\u05D4\u05D5\u05D6 " +
        "FB38:\u05D8\u05D9\u05DA\u05DB\u05DC FB3E:\u05DE FB40:\u05E0\u05E1 FB43:\u05E3\u05E4 " +
        "FB46:\u05E6\u05E7\u05E8\u05E9\u05EA\u05D5\u05D1\u05DB\u05E4 1109A:𑂙 1109C:𑂛 110AB:𑂥 114BB:𑒹 " +
        "2F800:丽丸乁𠄢你侮侻倂偺備僧像㒞𠘺免兔兤具𠔜㒹內再𠕋冗冤仌冬况𩇟凵刃㓟刻剆割剷㔕勇勉勤 " +
        "2F828:勺包匆北卉卑博即卽卿卿卿𠨬灰及叟𠭣叫叱吆咞吸呈周咢哶唐啓啣善善喙喫喳嗂圖嘆圗噑噴 " +
        "2F850:切壮城埴堍型堲報墬𡓤売壷夆多夢奢𡚨𡛪姬娛娧姘婦㛮㛼嬈嬾嬾𡧈寃寘寧寳𡬘寿将当尢㞁屠 " +
        "2F878:屮峀岍𡷤嵃𡷦嵮嵫嵼巡巢㠯巽帨帽幩㡢𢆃㡼庰庳庶廊𪎒廾𢌱𢌱舁弢弢㣇𣊸𦇚形彫㣣徚忍志忹 " +
        "2F8A0:悁㤺㤜悔𢛔惇慈慌慎慌慺憎憲憤憯懞懲懶成戛扝抱拔捐𢬌挽拼捨掃揤𢯱搢揅掩㨮摩摾撝摷㩬 " +
        "2F8C8:敏敬𣀊旣書晉㬙暑㬈㫤冒冕最暜肭䏙朗望朡杞杓𣏃㭉柺枅桒梅𣑭梎栟椔㮝楂榣槪檨𣚣櫛㰘次 " +
        "2F8F0:𣢧歔㱎歲殟殺殻𣪍𡴋𣫺汎𣲼沿泍汧洖派海流浩浸涅𣴞洴港湮㴳滋滇𣻑淹潮𣽞𣾎濆瀹瀞瀛㶖灊 " +
        "2F918:災灷炭𠔥煅𤉣熜𤎫爨爵牐𤘈犀犕𤜵𤠔獺王㺬玥㺸㺸瑇瑜瑱璅瓊㼛甤𤰶甾𤲒異𢆟瘐𤾡𤾸𥁄㿼䀈 " +
        "2F940:直𥃳𥃲𥄙𥄳眞真真睊䀹瞋䁆䂖𥐝硎碌磌䃣𥘦祖𥚚𥛅福秫䄯穀穊穏𥥼𥪧𥪧竮䈂𥮫篆築䈧𥲀糒䊠 " +
        "2F968:糨糣紀𥾆絣䌁緇縂繅䌴𦈨𦉇䍙𦋙罺𦌾羕翺者𦓚𦔣聠𦖨聰𣍟䏕育脃䐋脾媵𦞧𦞵𣎓𣎜舁舄辞䑫芑 " +
        "2F990:芋芝劳花芳芽苦𦬼若茝荣莭茣莽菧著荓菊菌菜𦰶𦵫𦳕䔫蓱蓳蔖𧏊蕤𦼬䕝䕡𦾱𧃒䕫虐虜虧虩蚩 " +
        "2F9B8:蚈蜎蛢蝹蜨蝫螆䗗蟡蠁䗹衠衣𧙧裗裞䘵裺㒻𧢮𧥦䚾䛇誠諭變豕𧲨貫賁贛起𧼯𠠄跋趼跰𠣞軔輸 " +
        "2F9E0:𨗒𨗭邔郱鄑𨜮鄛鈸鋗鋘鉼鏹鐕𨯺開䦕閷𨵷䧦雃嶲霣𩅅𩈚䩮䩶韠𩐊䪲𩒖頋頋頩𩖶飢䬳餩馧駂駾 " +
        "2FA08:䯎𩬰鬒鱀鳽䳎䳭鵧𪃎䳸𪄅𪈎𪊑麻䵖黹黾鼅鼏鼖鼻𪘀";

    /// <summary>Decompositions that leave more than one character.</summary>
    internal const string BaseSequences =
        "9CB:\u09C7\u09BE 9CC:\u09C7\u09D7 B4B:\u0B47\u0B3E B4C:\u0B47\u0B57 B94:\u0B92\u0BD7 BCA:\u0BC6\u0BBE " +
        "BCB:\u0BC7\u0BBE BCC:\u0BC6\u0BD7 CCB:\u0CC2\u0CD5 D4A:\u0D46\u0D3E D4B:\u0D47\u0D3E D4C:\u0D46\u0D57 " +
        "DDC:\u0DD9\u0DCF DDD:\u0DD9\u0DCF DDE:\u0DD9\u0DDF 1B06:\u1B05\u1B35 1B08:\u1B07\u1B35 1B0A:\u1B09\u1B35 " +
        "1B0C:\u1B0B\u1B35 1B0E:\u1B0D\u1B35 1B12:\u1B11\u1B35 1B40:\u1B3E\u1B35 1B41:\u1B3F\u1B35 " +
        "1134B:\U00011347\U0001133E 1134C:\U00011347\U00011357 114BC:\U000114B9\U000114B0 " +
        "114BE:\U000114B9\U000114BD 115BA:\U000115B8\U000115AF 115BB:\U000115B9\U000115AF " +
        "1D15E:\U0001D157\U0001D165 1D15F:\U0001D158\U0001D165 1D160:\U0001D158\U0001D165\U0001D16E " +
        "1D161:\U0001D158\U0001D165\U0001D16F 1D162:\U0001D158\U0001D165\U0001D170 " +
        "1D163:\U0001D158\U0001D165\U0001D171 1D164:\U0001D158\U0001D165\U0001D172 1D1BB:\U0001D1B9\U0001D165 " +
        "1D1BC:\U0001D1BA\U0001D165 1D1BD:\U0001D1B9\U0001D165\U0001D16E 1D1BE:\U0001D1BA\U0001D165\U0001D16E " +
        "1D1BF:\U0001D1B9\U0001D165\U0001D16F 1D1C0:\U0001D1BA\U0001D165\U0001D16F";
}
