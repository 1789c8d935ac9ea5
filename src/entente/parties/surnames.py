"""The commonest Chinese surnames: together they are those of about 95 % of the people of China.

Source: the Ministry of Public Security's report on names (全国姓名报告), 2020 and later, and the list of surnames in
GB/T 28039-2011.
"""

SURNAMES_HAN = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖萧田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金"
    "韦贾夏傅付方邹熊白孟秦邱侯江尹薛阎闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易乔赖文樊兰殷施洪安颜倪牛温芦季俞章鲁葛"
    "伍申尤毕聂柴焦柳邢岳齐梅庄辛管祝左涂谷祁耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁甘植单柯宁司符骆缪解区冼仇"
    "晏车简饶路邬全郁强房芮喻尚边冉窦佟苟蒲荣幸隋瞿荆包楚阮宫申岑景滕卓丛农官占鄢巫姬谌米瓮麦连褚娄盖封桂应闵原郎翟尉朴宓明敖"
)
